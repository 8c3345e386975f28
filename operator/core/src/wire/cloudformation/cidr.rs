//! `Fn::Cidr`: the blocks that an address block is cut into.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How many blocks CloudFormation gives at most
const MOST: u32 = 256;

/// The first `count` blocks of `2^bits` addresses; none where they are no blocks, or do not fit
pub(super) fn blocks(block: &str, count: u32, bits: u32) -> Option<Vec<String>> {
    let (address, prefix) = block.split_once('/')?;
    let (base, width) = match address.parse().ok()? {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= width)?;
    let length = width.checked_sub(bits).filter(|length| *length >= prefix)?;
    let room = length - prefix;
    if count == 0 || count > MOST || (room < 32 && count > 1 << room) || bits >= 128 {
        return None;
    }
    // The block's own address may stand anywhere in it
    let host = width - prefix;
    let base = if host >= 128 { 0 } else { base >> host << host };
    (0..u128::from(count)).map(|n| written(base.checked_add(n << bits)?, width, length)).collect()
}

fn written(address: u128, width: u32, length: u32) -> Option<String> {
    Some(match width {
        32 => format!("{}/{length}", Ipv4Addr::from(u32::try_from(address).ok()?)),
        _ => format!("{}/{length}", Ipv6Addr::from(address)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_cut_into_smaller_ones() {
        let cases: &[(&str, u32, u32, Option<&[&str]>)] = &[
            ("10.0.0.0/16", 3, 8, Some(&["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"])),
            ("192.168.0.5/24", 2, 5, Some(&["192.168.0.0/27", "192.168.0.32/27"])),
            ("2001:db8::/56", 2, 64, Some(&["2001:db8::/64", "2001:db8:0:1::/64"])),
            ("10.0.0.0/24", 2, 8, None),
            ("10.0.0.0/24", 0, 4, None),
            ("10.0.0.0/24", 1, 40, None),
            ("10.0.0.0/33", 1, 4, None),
            ("::/0", 1, 128, None),
            ("0.0.0.0/0", 1, 32, Some(&["0.0.0.0/0"])),
            ("255.255.255.255/32", 1, 0, Some(&["255.255.255.255/32"])),
            ("::/0", 256, 127, None),
            ("no", 1, 8, None),
        ];
        for (block, count, bits, expected) in cases {
            let expected = expected.map(|blocks| blocks.iter().map(|&block| block.to_owned()).collect());
            assert_eq!(blocks(block, *count, *bits), expected, "{block} {count} {bits}");
        }
    }
}
