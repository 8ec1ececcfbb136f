//! Where an address lies: whoever can make a webhook must not reach by it what only this machine can.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the open internet.
    Public,
    /// This machine or a private network.
    Private,
    /// Nowhere that is ever sent to: link-local, where clouds keep their metadata, multicast, and what is reserved.
    Never,
}

/// Where clouds keep their metadata outside of link-local addresses.
const METADATA: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

pub(super) fn place(address: IpAddr) -> Place {
    match address {
        _ if METADATA.contains(&address) => Place::Never,
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) => v6(address),
    }
}

fn v4(address: Ipv4Addr) -> Place {
    match address.octets() {
        [127, ..] | [10, ..] | [192, 168, ..] => Place::Private,
        [172, 16..=31, ..] => Place::Private,
        // Shared by customers of one provider (RFC 6598).
        [100, 64..=127, ..] => Place::Private,
        [0, ..] | [169, 254, ..] | [224..=255, ..] => Place::Never,
        [192, 0, 0, _] | [192, 0, 2, _] | [192, 88, 99, _] => Place::Never,
        [198, 18..=19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => Place::Never,
        _ => Place::Public,
    }
}

fn v6(address: Ipv6Addr) -> Place {
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        place(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Place::Private,
        // An IPv4 address in another dress: mapped, translated (RFC 6052), or by a tunnel (6to4).
        [0, 0, 0, 0, 0, 0xffff, high, low] => embedded(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        // Teredo and what is for documents.
        [0x2001, 0, ..] | [0x2001, 0xdb8, ..] => Place::Never,
        [0xfc00..=0xfdff, ..] => Place::Private,
        [0x2000..=0x3fff, ..] => Place::Public,
        _ => Place::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_the_open_internet_is_public() {
        let table = [
            (
                Place::Public,
                "8.8.8.8 223.5.5.5 172.15.0.1 172.32.0.1 100.63.0.1 100.128.0.1 2400:3200::1 2606:4700::1111",
            ),
            (Place::Public, "::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1"),
            (
                Place::Private,
                "127.0.0.1 127.9.9.9 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 ::1 fc00::1 fd12:3456::1",
            ),
            (Place::Private, "::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 2002:c0a8:101::1"),
            (
                Place::Never,
                "0.0.0.0 169.254.169.254 224.0.0.1 239.1.1.1 255.255.255.255 240.0.0.1 192.0.0.192 198.18.0.1 100.100.100.200",
            ),
            (
                Place::Never,
                ":: fe80::1 fec0::1 ff02::1 ::ffff:169.254.169.254 ::ffff:100.100.100.200 64:ff9b::a9fe:a9fe fd00:ec2::254",
            ),
            (Place::Never, "::127.0.0.1 2001:db8::1 2001::1 64:ff9b:1::1 100::1 2002:a9fe:a9fe::1"),
        ];
        for (expected, addresses) in table {
            for address in addresses.split(' ') {
                assert_eq!(place(address.parse().unwrap()), expected, "{address}");
            }
        }
    }
}
