/**
 * Buys with the package as it ships and writes what its trace says to a folder, for the core to be told
 * again: `node traces.mjs FOLDER`.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPhone, createServer, DRAFT, view } from './phone-double.mjs';
import { launch, quit } from '../realm.mjs';

const [folder] = process.argv.slice(2);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

async function opened(phone) {
  const { createCheckout, own } = launch({ wx: phone.wx });
  const checkout = await createCheckout({ baseUrl: 'https://pay.example.com' });
  return { checkout, buy: () => checkout.pay(own(DRAFT)) };
}

function keep(name, checkout) {
  writeFileSync(join(folder, name + '.jsonl'), checkout.trace().join('\n') + '\n');
}

const turn = () => new Promise(resolve => setTimeout(resolve, 20));

/** Forty purchases: more than a trace holds. */
async function long() {
  const { checkout, buy } = await opened(createPhone());
  for (let at = 0; at < 40; at += 1) {
    const { orderId } = await buy();
    checkout.acknowledge(orderId);
    // A payer takes longer to want more than the server to learn that the outcome was seen: the checkout comes to rest.
    await turn();
  }
  keep('long', checkout);
}

async function cancelledAndPaidAfterAll() {
  const phone = createPhone({ payer: 'cancels' });
  const { checkout, buy } = await opened(phone);
  await buy();
  phone.payer = 'pays';
  checkout.payAgain();
  await view(checkout, ({ outcome }) => outcome === 'paid');
  keep('cancelled', checkout);
}

async function killed() {
  const [server, storage] = [createServer(), new Map()];
  const before = await opened(createPhone({ server, storage, payer: 'waits' }));
  before.buy();
  await view(before.checkout, ({ phase }) => phase === 'paying');
  keep('killed-before', before.checkout);
  server.pay();
  const { checkout } = await opened(createPhone({ server, storage }));
  await view(checkout, ({ outcome }) => outcome === 'paid');
  keep('killed-after', checkout);
}

async function spoiltStorage() {
  const storage = new Map();
  const { checkout, buy } = await opened(createPhone({ storage, replace: {} }));
  await buy();
  keep('paid', checkout);
  storage.forEach((_, key) => storage.set(key, '{"version":99}'));
  const again = await opened(createPhone({ storage, payer: 'cancels' }));
  await again.buy();
  keep('newer-snapshot', again.checkout);
}

await Promise.all([long(), cancelledAndPaidAfterAll(), killed(), spoiltStorage()]);
quit();
