import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ApiFleet } from '../support/api-fleet.js';

interface Rules {
  groups: { rules: { alert: string; expr: string; labels: { severity: string } }[] }[];
}
interface RuleTests {
  tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
}
interface Dashboard {
  panels: { id: number; title: string; targets?: { expr: string }[] }[];
}

const text = (path: string): string => readFileSync(path, 'utf8');
const rules = (parse(text('ops/prometheus/alerts.yml')) as Rules).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(text('ops/grafana/rasl.json')) as Dashboard;
const handbook = text('docs/production.md');

/** Names of metrics that an expression asks for; a histogram is meant by its parts. */
const metricsIn = (expressions: string[]): string[] => [
  ...new Set(
    expressions
      .flatMap((expression) => expression.match(/\b(rasl|process|nodejs)_[a-z0-9_]+/g) ?? [])
      .map((name) => name.replace(/_(bucket|sum|count)$/, '')),
  ),
];

/** Real: /metrics of the program; Prometheus's own checker where it is installed. */
describe('what watches the platform', () => {
  let served: string[];
  beforeAll(async () => {
    const fleet = await ApiFleet.start(1);
    const answer = await (await fetch(`${fleet.apis[0]?.operatorUrl}/metrics`)).text();
    await fleet.stop();
    served = [...answer.matchAll(/^# TYPE (\S+) /gm)].flatMap(([, name]) => (name === undefined ? [] : [name]));
  });

  it('alerts only on metrics that the program serves', () => {
    const asked = metricsIn(rules.map(({ expr }) => expr));
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((name) => !served.includes(name))).toEqual([]);
  });

  it('draws only metrics that the program serves', () => {
    const drawn = metricsIn(dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)));
    expect(drawn.length).toBeGreaterThan(20);
    expect(drawn.filter((name) => !served.includes(name))).toEqual([]);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  it('is explained to operators: every alert, and every metric of ours', () => {
    expect(rules.map(({ alert }) => alert).filter((alert) => !handbook.includes(`\`${alert}\``))).toEqual([]);
    const ours = served.filter((name) => name.startsWith('rasl_'));
    expect(ours.filter((name) => !new RegExp(`\`${name}[\`{]`).test(handbook))).toEqual([]);
    expect(rules.filter(({ labels }) => !['critical', 'warning'].includes(labels.severity))).toEqual([]);
  });

  it('has a test of each alert that sees it fire, and one that sees it keep quiet', () => {
    const { tests } = parse(text('ops/prometheus/alerts.test.yml')) as RuleTests;
    const seen = tests.flatMap((test) => test.alert_rule_test);
    for (const { alert } of rules) {
      const counts = seen.filter(({ alertname }) => alertname === alert).map(({ exp_alerts }) => exp_alerts.length);
      expect([alert, counts.includes(0), counts.some((count) => count > 0)]).toEqual([alert, true, true]);
    }
  });

  const promtool = (...args: string[]) => spawnSync('promtool', args, { cwd: 'ops/prometheus', encoding: 'utf8' });
  const itChecks = promtool('--version').error ? it.skip : it;
  if (itChecks === it.skip) process.stderr.write('Left out: the checks by promtool, which is not on the PATH.\n');
  itChecks.each([
    ['rules', ['check', 'rules', 'alerts.yml']],
    ['example of a configuration', ['check', 'config', 'prometheus.yml']],
    ['alerts, by their tests', ['test', 'rules', 'alerts.test.yml']],
  ])('has %s that promtool accepts (left out where it is not installed)', (_name, args) => {
    const { status, stdout, stderr } = promtool(...args);
    expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });
});
