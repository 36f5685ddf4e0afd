/**
 * Kubernetes sets variables for every Service of the namespace (`enableServiceLinks`): a Service called `dta-slo`
 * gives DTA_SLO_SERVICE_HOST, DTA_SLO_PORT=tcp://10.0.0.1:8000, DTA_SLO_PORT_8000_TCP_ADDR and so on. They look like
 * ours and are not meant for us.
 */
export function isServiceLink(name: string, value: string): boolean {
  return (
    /_SERVICE_(HOST|PORT(_\w+)?)$/.test(name) ||
    /_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
    (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value))
  );
}
