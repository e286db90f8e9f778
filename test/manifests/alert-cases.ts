/** When an alert fires and when it does not. Series in the notation of `promtool test rules`, a sample every 15 s. */
export interface AlertCase {
  alert: string;
  /** When it is looked at, in minutes from the start. */
  minutes: number;
  fires: Readonly<Record<string, string>>;
  quiet: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  summary: string;
}

const HOUR = 240;
const up = (job: string): string => `up{job="${job}"}`;
const upEverywhere = { [up('authentication')]: `1x${HOUR}`, [up('token-validation')]: `1x${HOUR}` };
const requests = (route: string, status: string): string =>
  `http_requests_total{job="token-exchange", route="${route}", method="POST", status="${status}"}`;
const bucket = (le: string): string =>
  `http_request_duration_seconds_bucket{job="authentication", route="/service/access_token", le="${le}"}`;
const constant = (value: string): string => `${value}x${HOUR}`;
const growth = (by: number): string => `0+${by}x${HOUR}`;
/** Nothing for a while, then one. */
const once = `0x20 1x${HOUR}`;

export const ALERT_CASES: readonly AlertCase[] = [
  {
    alert: 'MandateGone',
    minutes: 10,
    fires: { ...upEverywhere, [up('token-exchange')]: constant('0') },
    quiet: {
      ...upEverywhere,
      'up{job="token-exchange", pod="a"}': constant('0'),
      'up{job="token-exchange", pod="b"}': constant('1'),
    },
    labels: { job: 'token-exchange' },
    summary: 'No pod of token-exchange answers Prometheus.',
  },
  {
    alert: 'MandateGone',
    minutes: 10,
    // There is not even a pod.
    fires: upEverywhere,
    quiet: { ...upEverywhere, [up('token-exchange')]: constant('1') },
    labels: { job: 'token-exchange' },
    summary: 'No pod of token-exchange answers Prometheus.',
  },
  {
    alert: 'MandateErrors',
    minutes: 15,
    fires: { [requests('/service/tokensts', '200')]: growth(98), [requests('/service/tokensts', '503')]: growth(2) },
    // A pod that starts answers 503 to every probe, and refusals are answers.
    quiet: {
      [requests('/service/tokensts', '200')]: growth(98),
      [requests('/service/tokensts', '400')]: growth(50),
      [requests('/readyz', '503')]: growth(50),
    },
    labels: { job: 'token-exchange' },
    summary: 'token-exchange answers 2% of its requests with 5xx.',
  },
  {
    alert: 'MandateSlow',
    minutes: 30,
    fires: { [bucket('0.5')]: growth(90), [bucket('1')]: growth(100), [bucket('+Inf')]: growth(100) },
    quiet: { [bucket('0.25')]: growth(100), [bucket('0.5')]: growth(100), [bucket('+Inf')]: growth(100) },
    labels: { job: 'authentication' },
    summary: 'The slowest hundredth of the answers of authentication takes 950ms or more.',
  },
  {
    alert: 'MandateRevocationsUnknown',
    minutes: 10,
    fires: { 'revocation_checks_total{job="token-validation", outcome="failed"}': growth(1) },
    quiet: {
      'revocation_checks_total{job="token-validation", outcome="failed"}': constant('7'),
      'revocation_checks_total{job="token-validation", outcome="revoked"}': growth(1),
    },
    labels: { job: 'token-validation' },
    summary: 'token-validation cannot ask Redis, and answers 503.',
  },
  {
    alert: 'MandatePolicyFails',
    minutes: 10,
    fires: { 'exchange_decisions_total{kind="exchange", verdict="error", reason="dependency_failed"}': growth(1) },
    quiet: {
      'exchange_decisions_total{kind="exchange", verdict="deny", reason="no_policy_applies"}': growth(1),
      'exchange_decisions_total{kind="explain", verdict="error", reason="dependency_failed"}': growth(1),
    },
    labels: {},
    summary: 'Exchanges are answered 503, because what decides or Redis cannot be asked.',
  },
  {
    alert: 'MandatePolicyUndefined',
    minutes: 6,
    fires: { 'policy_undefined_total{backend="opa"}': once },
    quiet: { 'policy_undefined_total{backend="opa"}': constant('1') },
    labels: {},
    summary: 'OPA has no such decision, so everything is denied.',
  },
  {
    alert: 'MandateCircuitOpen',
    minutes: 5,
    fires: { 'upstream_circuit_open{job="token-exchange", upstream="policy:opa"}': constant('1') },
    quiet: { 'upstream_circuit_open{job="token-exchange", upstream="policy:opa"}': constant('0') },
    labels: { job: 'token-exchange', upstream: 'policy:opa' },
    summary: 'token-exchange leaves policy:opa alone, which has failed.',
  },
  {
    alert: 'MandateDecisionsLost',
    minutes: 6,
    fires: { 'audit_failures_total{job="token-exchange", failure="refused"}': once },
    quiet: { 'audit_failures_total{job="token-exchange", failure="refused"}': constant('3') },
    labels: { job: 'token-exchange' },
    summary: 'Decisions of token-exchange are not written to the decision log.',
  },
  {
    alert: 'MandateFileRefused',
    minutes: 60,
    fires: { 'file_refused{job="token-exchange", variable="TRUSTED_ISSUERS_FILE"}': once },
    quiet: { 'file_refused{job="token-exchange", variable="TRUSTED_ISSUERS_FILE"}': `1x20 0x${HOUR}` },
    labels: { job: 'token-exchange', variable: 'TRUSTED_ISSUERS_FILE' },
    summary: 'The changed file of TRUSTED_ISSUERS_FILE is not in force at token-exchange; a new pod would not start.',
  },
  {
    alert: 'MandateIssuerUnreachable',
    minutes: 15,
    fires: { 'issuer_key_refreshes_total{job="token-validation", outcome="failure"}': '0x20 1x8 2x8 3x8 4x8' },
    // One that failed is tried again.
    quiet: { 'issuer_key_refreshes_total{job="token-validation", outcome="failure"}': once },
    labels: { job: 'token-validation' },
    summary: 'token-validation cannot fetch the keys of an issuer; the known ones serve for up to 24 h.',
  },
  {
    alert: 'MandateIssuerKeyRefused',
    minutes: 10,
    fires: { 'issuer_keys_refused_total{job="token-validation", reason="roca"}': once },
    quiet: { 'issuer_keys_refused_total{job="token-validation", reason="roca"}': constant('0') },
    labels: { job: 'token-validation', reason: 'roca' },
    summary: 'A trusted issuer publishes a key that is not believed (roca).',
  },
  {
    alert: 'MandateSecretsGuessed',
    minutes: 30,
    fires: { 'token_requests_total{outcome="invalid_client"}': growth(30) },
    quiet: {
      'token_requests_total{outcome="invalid_client"}': growth(6),
      'token_requests_total{outcome="issued"}': growth(900),
    },
    labels: {},
    summary: '2 requests a second have a wrong client secret.',
  },
  {
    alert: 'MandateShortOfCpu',
    minutes: 30,
    fires: { 'nodejs_eventloop_lag_p99_seconds{job="authentication", pod="a"}': constant('0.25') },
    quiet: { 'nodejs_eventloop_lag_p99_seconds{job="authentication", pod="a"}': constant('0.03') },
    labels: { job: 'authentication' },
    summary: 'A pod of authentication waits 250ms for its turn; give it CPU or more replicas.',
  },
];
