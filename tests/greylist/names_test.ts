// The names of clients and senders: which look like homes, and which are one.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { looksDynamic } from "../../filters/greylist/dynamic_name.ts";
import { hostGroup, networkOf, stableSender } from "../../filters/greylist/identity.ts";

const V4 = "198.51.100.7";
const V6 = "2001:db8:12:3400:5678:9abc:def0:1234";

describe("a name looks like one of a connection at home", () => {
  const rows: readonly (readonly [name: string, address: string])[] = [
    ["pool-198-51-100-7.region.isp.example", V4],
    ["198.51.100.7.isp.example", V4],
    ["7.100.51.198.adsl-pool.isp.example", V4],
    ["host7-100-51-198.range.isp.example", V4],
    ["c-51-100-7-198.city.isp.example", V4],
    ["host198051100007.isp.example", V4],
    ["p007100051198.isp.example", V4],
    ["pc6336407.dip0.isp.example", V4],
    ["ip-c6336407.isp.example", V4],
    ["C6336407.IPT.ISP.EXAMPLE", V4],
    ["x7.dynamic.isp.example", V4],
    ["dyn-7.isp.example", V4],
    ["a.dsl3.isp.example", V4],
    ["cpe-7.isp.example", V4],
    ["dhcp7.campus.isp.example", V4],
    ["pd2001-db8-12-3400-5678-9abc-def0-1234.isp.example", V6],
    ["p20010db8001234005678.isp.example", V6],
    ["2001-0db8-0012-3400.v6.isp.example", V6],
  ];
  for (const [name, address] of rows) {
    it(name, () => assert.equal(looksDynamic(name, address), true));
  }
});

describe("a name does not, of a server", () => {
  const rows: readonly (readonly [name: string, address: string])[] = [
    ["mail.example.com", V4],
    ["example.com", V4],
    ["mx7.example.com", V4],
    ["a100-7.smtp-out.ses.example", V4],
    ["198-51-100-7.mail.example.com", V4],
    ["static-198-51-100-7.isp.example", V4],
    ["o7.ptr100.example.com", V4],
    ["mail-eopbgr51100.outbound.protection.example.com", V4],
    ["www.generaldynamics.example", V4],
    ["host.dsl.example", V4],
    ["dynamic.example", V4],
    ["host-203-0-113-7.isp.example", V4],
    ["mail1.v6.example.com", V6],
    ["x.example.com", "2001:db8::1"],
    ["x0000.example.com", "2001:db8::"],
    ["host.example.com", "no address"],
  ];
  for (const [name, address] of rows) {
    it(name, () => assert.equal(looksDynamic(name, address), false));
  }
});

describe("hosts of one domain are one", () => {
  const rows: readonly (readonly [name: string, group: string])[] = [
    ["mail-db5eur01on0044.outbound.protection.example.com", "outbound.protection.example.com"],
    ["o2.sg.example.com", "sg.example.com"],
    ["mail.example.com", "example.com"],
    ["Mail.Example.DE", "example.de"],
    ["example.com", "example.com"],
    ["example.co.uk", "example.co.uk"],
    ["mail.example.co.uk", "example.co.uk"],
    ["mx.gmx.de", "mx.gmx.de"],
  ];
  for (const [name, group] of rows) it(name, () => assert.equal(hostGroup(name), group));
});

describe("addresses of one network are one", () => {
  const rows: readonly (readonly [address: string, ipv4: number, ipv6: number, network: string])[] = [
    ["198.51.100.7", 24, 64, "198.51.100.0/24"],
    ["198.51.101.7", 23, 64, "198.51.100.0/23"],
    ["198.51.100.7", 32, 64, "198.51.100.7/32"],
    ["198.51.100.7", 8, 64, "198.0.0.0/8"],
    ["2001:db8:1:2:3:4:5:6", 24, 64, "2001:db8:1:2::/64"],
    ["2001:db8:1:2:3:4:5:6", 24, 49, "2001:db8:1::/49"],
    ["2001:db8:1:2:3:4:5:6", 24, 128, "2001:db8:1:2:3:4:5:6/128"],
    ["::ffff:198.51.100.7", 24, 64, "198.51.100.0/24"],
  ];
  for (const [address, ipv4, ipv6, network] of rows) {
    it(`${address} is in ${network}`, () => assert.equal(networkOf(address, { ipv4, ipv6 }), network));
  }
});

describe("senders that change are one", () => {
  const rows: readonly (readonly [address: string, stable: string])[] = [
    ["", ""],
    ["Joe@Example.ORG", "joe@example.org"],
    ["joe", "joe"],
    ["bounce-md_10612303.5adf1f70.v1-0f662aa357fe@news.example", "bounce-md_#.#.#-#@news.example"],
    ["list-bounces-1234-ann=example.org@lists.example", "list-bounces-#-ann=example.org@lists.example"],
    ["SRS0=HHxy=TT=example.org=joe@forward.example", "srs@forward.example"],
    ["srs1=abcd=forward.example==HHxy=TT=example.org=joe@other.example", "srs@other.example"],
    ["prvs=0123abcdef=joe@example.org", "joe@example.org"],
    ["a1@b2.example", "#@b2.example"],
  ];
  for (const [address, stable] of rows) {
    it(address || "the null sender", () => assert.equal(stableSender(address), stable));
  }
});
