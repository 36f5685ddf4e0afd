import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { type JsonObject, stringAt } from './json.ts';
import { CONFIG_MAPS, NAMESPACES } from './resource-types.ts';
import { call } from './target.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ namespaces: ['other'], controllers: false, bookmarkMs: 50 });
});
afterAll(() => server.close());

interface Watching {
  /** Resolves with the next event. */
  next(): Promise<JsonObject>;
  /** Resolves when the connection is closed, with how. */
  readonly end: Promise<'ended' | 'broken'>;
  readonly events: JsonObject[];
  close(): void;
}

function watch(query: string): Promise<Watching> {
  const events: JsonObject[] = [];
  const waiting: Array<(event: JsonObject) => void> = [];
  let taken = 0;
  const arrive = (line: string): void => {
    events.push(JSON.parse(line));
    const first = waiting.shift();
    if (first !== undefined) first(events[taken++] ?? {});
  };
  return new Promise((resolve, reject) => {
    const url = `${server.url}/api/v1/namespaces/default/configmaps?watch=true&${query}`;
    const headers = { authorization: `Bearer ${server.token}` };
    const sent = request(url, { headers, ca: server.ca, agent: false }, (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) arrive(line);
      });
      const end = new Promise<'ended' | 'broken'>((done) => {
        response.on('end', () => done('ended'));
        response.on('error', () => done('broken'));
      });
      const next = (): Promise<JsonObject> =>
        new Promise((given) => {
          const event = events[taken];
          if (event === undefined) return void waiting.push(given);
          taken += 1;
          given(event);
        });
      resolve({ next, end, events, close: () => sent.destroy() });
    });
    sent.on('error', reject);
    sent.end();
  });
}

const make = (name: string, labels: Record<string, string> = {}) =>
  server.objects.create(CONFIG_MAPS, { metadata: { name, labels } });

const told = (event: JsonObject): string =>
  `${event['type']} ${stringAt(event, 'object', 'metadata', 'name')}`;

describe('a watch', () => {
  it('tells what is there and then every change', async () => {
    make('there');
    const watching = await watch('fieldSelector=metadata.name%3Dthere');
    expect(told(await watching.next())).toBe('ADDED there');
    server.objects.change(CONFIG_MAPS, 'default', 'there', (object) => {
      object['data'] = { a: 'b' };
    });
    expect(told(await watching.next())).toBe('MODIFIED there');
    server.objects.remove(CONFIG_MAPS, 'default', 'there');
    expect(told(await watching.next())).toBe('DELETED there');
    watching.close();
  });

  it('goes on from the version of a list and misses nothing between', async () => {
    const { body } = await call(server, 'GET', '/api/v1/namespaces/default/configmaps');
    make('between');
    const watching = await watch(`resourceVersion=${stringAt(body, 'metadata', 'resourceVersion')}`);
    expect(told(await watching.next())).toBe('ADDED between');
    watching.close();
  });

  it('tells an object that leaves the selection as deleted, and one that enters as added', async () => {
    make('moving', { tier: 'web' });
    const watching = await watch('labelSelector=tier%3Dweb');
    expect(told(await watching.next())).toBe('ADDED moving');
    const relabel = (tier: string) =>
      server.objects.change(CONFIG_MAPS, 'default', 'moving', (object) => {
        object.metadata.labels = { tier };
      });
    relabel('db');
    expect(told(await watching.next())).toBe('DELETED moving');
    relabel('web');
    expect(told(await watching.next())).toBe('ADDED moving');
    watching.close();
  });

  it('hears nothing of other namespaces', async () => {
    const watching = await watch('labelSelector=where');
    server.objects.create(CONFIG_MAPS, {
      metadata: { name: 'far', namespace: 'other', labels: { where: '1' } },
    });
    make('near', { where: '1' });
    expect(told(await watching.next())).toBe('ADDED near');
    watching.close();
  });

  it('gets bookmarks with the present version when it asks for them', async () => {
    const watching = await watch('labelSelector=none&allowWatchBookmarks=true');
    const bookmark = await watching.next();
    expect(bookmark).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap', apiVersion: 'v1' } });
    server.objects.create(NAMESPACES, { metadata: { name: 'newer' } });
    const version = () => Number(stringAt(watching.events.at(-1), 'object', 'metadata', 'resourceVersion'));
    const before = version();
    await watching.next();
    await watching.next();
    expect(version()).toBeGreaterThan(before);
    watching.close();
  });

  it('ends in good order after timeoutSeconds', async () => {
    const watching = await watch('timeoutSeconds=1');
    expect(await watching.end).toBe('ended');
  });

  it('from a version that is forgotten gets an ERROR event with a 410 Status', async () => {
    make('compacted');
    server.watches.expire();
    const watching = await watch('resourceVersion=1000');
    expect(await watching.next()).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    });
    expect(await watching.end).toBe('ended');
  });
});

describe('a watch under way', () => {
  it('can go silent while its connection stays', async () => {
    const watching = await watch('labelSelector=silent');
    server.watches.silence();
    make('unheard', { silent: '1' });
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(watching.events).toEqual([]);
    expect(server.watches.size).toBeGreaterThan(0);
    watching.close();
  });

  it('can be ended, cut, and told that its version is gone', async () => {
    const ended = await watch('labelSelector=x');
    server.watches.end();
    expect(await ended.end).toBe('ended');
    const cut = await watch('labelSelector=x');
    server.watches.cut();
    expect(await cut.end).toBe('broken');
    const expired = await watch('labelSelector=x');
    server.watches.expire();
    expect(await expired.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
  });
});
