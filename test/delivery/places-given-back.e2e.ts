import { MessagingPlaces } from '../../src/delivery/tier/messaging-places.js';
import { Postgres } from '../../src/platform/database/postgres.js';
import { Log } from '../../src/platform/logging/log.js';
import { PlacesLab } from './places-lab.js';

let lab: PlacesLab;
beforeAll(async () => {
  lab = await PlacesLab.create();
});
afterAll(() => lab.close());
beforeEach(() => lab.newPortfolio());

const granted = { kind: 'granted' };

describe('a place that was taken for nothing', () => {
  it('is free again when it is given back, once', async () => {
    const place = await lab.placeOf('a', 'TIER_1');
    expect(await lab.take('b', 'TIER_1')).toMatchObject({ kind: 'full' });
    await lab.places.giveBack(place);
    await lab.places.giveBack(place);
    expect(await lab.counted()).toEqual({ kept: 0, rows: 0 });
    expect(await lab.take('b', 'TIER_1')).toMatchObject(granted);
  });

  it('stays when somebody else has sent to the same person since', async () => {
    const place = await lab.placeOf('a');
    expect(await lab.take('a')).toEqual({ kind: 'granted', place: null });
    await lab.places.giveBack(place);
    expect(await lab.counted()).toEqual({ kept: 1, rows: 1 });
  });

  it('is nobody else’s: one of two in a group is told that it is new', async () => {
    const decisions = await Promise.all([lab.take('a'), lab.take('a')]);
    expect(decisions.filter((decision) => decision.kind === 'granted' && decision.place !== null)).toHaveLength(1);
  });

  it('counts until its time is over when the database is away', async () => {
    const postgres = new Postgres(lab.outbox.settings, new Log(lab.outbox.settings));
    const away = new MessagingPlaces(postgres, new Log({ ...lab.outbox.settings, LOG_LEVEL: 'silent' }));
    await postgres.onModuleDestroy();
    const place = await lab.placeOf('a');
    await expect(away.giveBack(place)).resolves.toBeUndefined();
    await expect(away.take({ portfolio: lab.portfolio, tier: 'TIER_3', recipient: 'b' })).rejects.toThrow();
    expect(await lab.counted()).toEqual({ kept: 1, rows: 1 });
  });
});
