import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Every range that is not the public Internet: IANA special-purpose registries, RFC 6890 and its updates. */
const IPV4_SPECIAL = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** Within 2000::/3, which alone is global unicast: documentation, benchmarking, and ranges that embed IPv4. */
const IPV6_SPECIAL = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Whether an address literal belongs to the public Internet; `false` for anything that is no address. */
export function isPublicAddress(address: string): boolean {
  const mapped = MAPPED_IPV4.exec(address)?.[1];
  if (mapped !== undefined) return isPublicAddress(mapped);
  if (isIPv4(address)) return !blockList(IPV4_SPECIAL, 'ipv4').check(address, 'ipv4');
  if (!isIPv6(address) || address.includes('%')) return false;
  return (
    blockList(['2000::/3'], 'ipv6').check(address, 'ipv6') && !blockList(IPV6_SPECIAL, 'ipv6').check(address, 'ipv6')
  );
}

function blockList(subnets: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const ranges = new BlockList();
  for (const subnet of subnets) {
    const [network = '', prefix = ''] = subnet.split('/');
    ranges.addSubnet(network, Number(prefix), family);
  }
  return ranges;
}
