import type { CheckoutCore } from './core';
import type { View } from './core-types';
import type { CheckoutError } from './errors';
import { createFeed, Feed } from './feed';
import { createHost, load } from './host';
import type { Instance } from './instance';
import { createListeners } from './listeners';
import { loadInstance } from './loader';
import type { Settings } from './options';
import { unheard } from './unheard';

/** A core that outlives its instance of the module. */
export interface Life {
  /** Tells of views, with one row of revisions over all instances. */
  readonly feed: Feed;
  /** Gives the core a command; throws a {@link CheckoutError}. After a death the next core gets it, later. */
  tell(command: (core: CheckoutCore) => void): void;
  /** Gives the core a command, the next one after a death; rejects with a {@link CheckoutError}. */
  ask(command: (core: CheckoutCore) => void): Promise<void>;
  /** Asks the core only if it is alive; throws a {@link CheckoutError}. */
  ifAlive<T>(question: (core: CheckoutCore) => T): T | undefined;
  /** The core's own number of a view of the feed; below zero for a view of an earlier core. */
  revisionOf(view: View): number;
  /** Calls `listener` when the core dies. */
  onDeath(listener: (error: CheckoutError) => void): () => void;
}

/** A core, and the instance that it is in. */
interface Living {
  readonly core: CheckoutCore;
  readonly instance: Instance;
}

/**
 * The core of a checkout, restored from the phone's storage.
 *
 * When it dies, those who wait for it are told, and nothing else happens by itself: the next command
 * begins a new core from storage. One that cannot live thus does not die in a circle.
 */
export function createLife({ wx, baseUrl, storageKey, wasmPath, errors }: Settings): Promise<Life> {
  const deaths = createListeners<CheckoutError>();
  let living: Living | undefined;
  let beginning: Promise<Living> | undefined;
  let feed: Feed | undefined;
  let firstRevision = 0;

  const begin = (): Promise<Living> => {
    if (living !== undefined) return Promise.resolve(living);
    if (beginning !== undefined) return beginning;
    const over = (): void => {
      beginning = undefined;
    };
    beginning = loadInstance(wasmPath, errors).then(restored);
    beginning.then(over, over);
    return beginning;
  };

  const restored = (instance: Instance): Promise<Living> => {
    const show = (view: View): void => {
      view.revision += firstRevision;
      if (feed === undefined) feed = createFeed(view);
      else feed.push(view);
    };
    // Before it is restored there is nothing to tell, and after its death nothing is believed.
    const changed = (view: View): void => {
      if (living === next) show(view);
    };
    const next = { instance, core: new instance.Core(createHost({ wx, baseUrl, storageKey, changed })) };
    instance.onDeath(thrown => {
      if (living !== next) return;
      living = undefined;
      deaths.all().forEach(listener => listener(errors.fromCore(thrown)));
    });
    // A storage that cannot be read is a fact for the core, not a reason to stop.
    return load(wx, storageKey).then(undefined, () => undefined).then(stored => {
      const view = give(next, core => {
        core.restore(stored);
        return core.view();
      });
      if (feed !== undefined) firstRevision = feed.current().revision + 1;
      living = next;
      show(view);
      return next;
    });
  };

  /** What is thrown and is no refusal is a trap. */
  const give = <T>({ core, instance }: Living, command: (core: CheckoutCore) => T): T => {
    let given: T | undefined;
    let error: CheckoutError | undefined;
    try {
      given = command(core);
    } catch (thrown) {
      error = errors.fromCore(thrown);
      if (error.code === 'core_failed') instance.die(thrown);
    }
    const death = instance.death();
    if (death !== undefined) error = errors.fromCore(death.thrown);
    if (error !== undefined) throw error;
    return given as T;
  };

  const ask = (command: (core: CheckoutCore) => void): Promise<void> => begin().then(next => give(next, command));

  return begin().then(() => ({
    feed: feed as Feed,
    tell: command => {
      if (living !== undefined) return give(living, command);
      // Refusing what a page could do with the dead core is no news: the view says what it can do now.
      begin().then(() => ask(command).then(undefined, () => undefined), unheard);
    },
    ask,
    ifAlive: question => living && give(living, question),
    revisionOf: view => view.revision - firstRevision,
    onDeath: deaths.add,
  }));
}
