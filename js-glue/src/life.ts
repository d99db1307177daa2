import type { CheckoutCore, CommandName } from './core';
import type { View } from './core-types';
import type { CheckoutError } from './errors';
import { createFeed, Feed } from './feed';
import { createHost, load } from './host';
import type { Instance } from './instance';
import { createListeners } from './listeners';
import { loadInstance } from './loader';
import { createNotes } from './notes';
import type { Settings } from './options';
import { unheard } from './unheard';

/** A core that outlives its instance of the module. */
export interface Life {
  /** Tells of views, with one row of revisions over all instances. */
  readonly feed: Feed;
  /** Gives the core a command; throws a {@link CheckoutError}. After a death the next core gets it, later. */
  tell(name: CommandName, about?: unknown): void;
  /** Gives the core a command, the next one after a death; rejects with a {@link CheckoutError}. */
  ask(name: CommandName, about: unknown): Promise<void>;
  /** What happened so far, the host's own words among it; throws a {@link CheckoutError}. */
  trace(): string[];
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
  const notes = createNotes();
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
    const changed = (view: string): void => {
      if (living !== undefined && living.instance === instance) show(JSON.parse(view));
    };
    const begun = (found: string, name: CommandName): Living => {
      const next = { instance, core: new instance.Core(createHost({ wx, baseUrl, storageKey, found, changed, note: notes.add })) };
      instance.onDeath(thrown => {
        if (living !== next) return;
        living = undefined;
        deaths.all().forEach(listener => listener(errors.fromCore(thrown)));
      });
      const view = give(next, core => {
        core.tell(name, found);
        return core.view();
      });
      if (feed !== undefined) firstRevision = feed.current().revision + 1;
      living = next;
      show(JSON.parse(view));
      return next;
    };
    // A storage that cannot be read is a fact for the core, not a reason to stop.
    return load(wx, storageKey).then(found => begun(found, 'restore'), () => begun('', 'restoreUnread'));
  };

  /** The core throws nothing: what is thrown is a trap. */
  const give = <T>({ core, instance }: Living, question: (core: CheckoutCore) => T): T => {
    let given: T | undefined;
    try {
      given = question(core);
    } catch (thrown) {
      instance.die(thrown);
    }
    const death = instance.death();
    if (death !== undefined) throw errors.fromCore(death.thrown);
    return given as T;
  };

  const command = (next: Living, name: CommandName, about: unknown): void => {
    const refusal = give(next, core => core.tell(name, about === undefined ? 'null' : JSON.stringify(about)));
    if (refusal !== '') throw errors.fromCore(JSON.parse(refusal));
  };
  const ask = (name: CommandName, about: unknown): Promise<void> => begin().then(next => command(next, name, about));

  return begin().then(() => ({
    feed: feed as Feed,
    tell: (name, about) => {
      if (living !== undefined) return command(living, name, about);
      // Refusing what a page could do with the dead core is no news: the view says what it can do now.
      begin().then(() => ask(name, about).then(undefined, () => undefined), unheard);
    },
    ask,
    trace: () => notes.among(living ? give(living, core => core.trace()) : []),
    ifAlive: question => living && give(living, question),
    revisionOf: view => view.revision - firstRevision,
    onDeath: deaths.add,
  }));
}
