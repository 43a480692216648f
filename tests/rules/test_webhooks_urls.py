"""Hostile URLs and addresses: each is refused, or leads exactly where it says, to a public address."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from freehold.webhooks.addresses import AddressPolicy, read_networks, read_ports, refusal
from freehold.webhooks.urls import BadUrl, check_url, read_url

CLOSED = AddressPolicy()
EMBEDDED_SANDBOX = AddressPolicy(loopback=True)

GOOD = {
    "https://example.com": "https://example.com/",
    "HTTPS://EXAMPLE.COM/Path": "https://example.com/Path",
    "https://example.com:443/": "https://example.com/",
    "https://example.com:8443/a/b?c=d&e=%20": "https://example.com:8443/a/b?c=d&e=%20",
    "https://example.com?x=1": "https://example.com/?x=1",
    "https://a-b.c_d.example.com/~x/;v=1/@me": "https://a-b.c_d.example.com/~x/;v=1/@me",
    "https://xn--bcher-kva.example/": "https://xn--bcher-kva.example/",
    "https://93.184.215.14/": "https://93.184.215.14/",
    "https://[2606:4700::1111]/": "https://[2606:4700::1111]/",
    "https://[2606:4700:0:0:0:0:0:1111]:8443/": "https://[2606:4700::1111]:8443/",
    "https://example.com/a/../b": "https://example.com/a/../b",
    "https://example.com//double": "https://example.com//double",
    "https://1password.com/": "https://1password.com/",
    "https://123.example/": "https://123.example/",
}

# Each must be refused for a production endpoint of any instance.
# Python escapes stand for the characters themselves.
HOSTILE = r"""
http://example.com/
ftp://example.com/
file:///etc/passwd
gopher://127.0.0.1:6379/_FLUSHALL
dict://127.0.0.1:11211/stats
ws://example.com/
javascript:alert(1)
data:text/html,x
//example.com/
example.com
https:example.com
https:/example.com
https:///example.com
https://
https:///
https://?x
https://:443/
https://.
https://..
https://.example.com/
https://example..com/
https://example.com./
https://-example.com/
https://example-.com/
https://exa mple.com/
https://exa\tmple.com/
https://exa\nmple.com/
https://example.com/\r\nHost: evil
https://example.com/a b
https://example.com/\x00
https://example.com/é
https://exämple.com/
https://ⓔxample.com/
https://１２７.０.０.１/
https://127。0。0。1/
https://127.0.0.1%2f@example.com/
https://example.com%2f.evil.example/
https://example.com%00.evil.example/
https://%31%32%37.0.0.1/
https://example.com\\@evil.example/
https:\\\\example.com\\
https://example.com/a\\b
https://user@example.com/
https://user:password@example.com/
https://@example.com/
https://:@example.com/
https://example.com@127.0.0.1/
https://example.com:80@127.0.0.1/
https://example.com#@127.0.0.1/
https://example.com/#fragment
https://example.com/%zz
https://example.com/%2
https://example.com/<script>
https://example.com/{x}
https://example.com/|x
https://example.com/"x"
https://example.com/?a=^
https://example.com:/
https://example.com:0/
https://example.com:00443/
https://example.com:65536/
https://example.com:99999999999/
https://example.com:-1/
https://example.com:+443/
https://example.com:4 43/
https://example.com:0x1bb/
https://example.com:443:443/
https://example.com:22/
https://example.com:25/
https://example.com:53/
https://example.com:81/
https://localhost/
https://LOCALHOST/
https://localhost.localdomain/
https://foo.localhost/
https://ip6-localhost/
https://127.0.0.1/
https://127.0.0.1:8401/
https://127.1/
https://127.0.1/
https://127.255.255.254/
https://127.000.000.001/
https://0177.0.0.1/
https://0x7f.0.0.1/
https://0x7f000001/
https://0X7F000001/
https://2130706433/
https://017700000001/
https://0/
https://0x/
https://0.0.0.0/
https://0.1.2.3/
https://127.0.0.1.0x/
https://example.1/
https://1.2.3/
https://1.2.3.4.5/
https://1.2.3.256/
https://1.2.3.-4/
https://10.0.0.1/
https://10.255.255.255/
https://172.16.0.1/
https://172.31.255.255/
https://192.168.0.1/
https://100.64.0.1/
https://100.127.255.255/
https://100.100.100.200/
https://169.254.169.254/latest/meta-data/
https://169.254.170.2/v2/credentials
https://169.254.0.1/
https://192.0.0.1/
https://192.0.0.192/
https://192.0.2.1/
https://198.51.100.1/
https://203.0.113.1/
https://192.88.99.1/
https://192.31.196.1/
https://192.52.193.1/
https://192.175.48.1/
https://198.18.0.1/
https://198.19.255.255/
https://224.0.0.1/
https://239.255.255.255/
https://240.0.0.1/
https://255.255.255.255/
https://[::]/
https://[::1]/
https://[0:0:0:0:0:0:0:1]/
https://[::ffff:127.0.0.1]/
https://[::ffff:7f00:1]/
https://[0:0:0:0:0:ffff:10.0.0.1]/
https://[::ffff:169.254.169.254]/
https://[::ffff:0:127.0.0.1]/
https://[::127.0.0.1]/
https://[::10.0.0.1]/
https://[::8.8.8.8]/
https://[64:ff9b::7f00:1]/
https://[64:ff9b::169.254.169.254]/
https://[64:ff9b::8.8.8.8]/
https://[64:ff9b:1::1]/
https://[64:ff9b:1:fffe::10.0.0.1]/
https://[100::1]/
https://[100:0:0:1::1]/
https://[2001::1]/
https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/
https://[2001:10::1]/
https://[2001:20::1]/
https://[2001:2::1]/
https://[2001:db8::1]/
https://[2002:7f00:1::]/
https://[2002:a00:1::]/
https://[2002:808:808::]/
https://[3fff::1]/
https://[2620:4f:8000::1]/
https://[fc00::1]/
https://[fd00:ec2::254]/
https://[fd20:ce::254]/
https://[fdff::1]/
https://[fe80::1]/
https://[fe80::1%eth0]/
https://[fe80::1%25eth0]/
https://[fec0::1]/
https://[ff02::1]/
https://[ff0e::1]/
https://[4000::1]/
https://[5f00::1]/
https://[1::1]/
https://[2606:4700::5efe:127.0.0.1]/
https://[2606:4700::200:5efe:10.0.0.1]/
https://[::1
https://::1/
https://[::1]x/
https://[::1]:/
https://[]/
https://[127.0.0.1]/
https://[v1.x]/
https://[::g]/
https://[1:2:3:4:5:6:7:8:9]/
https://[::1]@example.com/
https://2606:4700::1111/
https://10.0.0.0/
https://10.255.255.254:8443/
https://192.168.1.254/admin
https://127.1.2.3/
https://0.0.0.1/
https://100.100.100.200/latest/meta-data/
https://169.254.169.254/latest/meta-data/iam/security-credentials/
https://169.254.169.254:8080/computeMetadata/v1/
https://169.254.1.1/
https://192.0.0.192/opc/v2/instance/
https://192.0.2.55/
https://203.0.113.254/
https://192.175.48.6/
https://224.0.0.251/
https://239.255.255.250:1900/
https://254.255.255.254/
https://[::1]:8443/
https://[::2]/
https://[::7f00:1]/
https://[::ffff:a9fe:a9fe]/
https://[::ffff:192.168.0.1]/
https://[0:0:0:0:0:ffff:7f00:0001]/
https://[64:ff9b::10.1.2.3]/
https://[64:ff9b:1:ffff::a00:1]/
https://[2001:db8:1::1]/
https://[2002:a9fe:a9fe::1]/
https://[2002:c0a8:101::1]/
https://[fd00:ec2::254]/latest/meta-data/
https://[fd12:3456:789a::1]/
https://[febf::1]/
https://[2606:4700::5efe:7f00:1]/
https://0177.0.0.01/
https://0x7f.0x0.0x0.0x1/
https://10.1/
https://192.168.257/
https://00000000000000000000000177.1/
https://0x7f000001.example.0x1/
https://256.1.1.1/
https://LocalHost:8443/
https://a.b.localhost/
https://ip6-loopback/
https://example.com:99999999/
https://example.com:0443/
https://[::1].example.com/
https://[v1.fe80::a+en1]/
https://user@10.0.0.1/
https://127.0.0.1#@example.com/
https://example.com%2f@127.0.0.1/
https://example.com%00.internal/
"""


def _rows(text: str) -> list[str]:
    return [line.encode().decode("unicode_escape") if line.isascii() else line for line in text.strip().splitlines()]


@pytest.mark.parametrize(
    "url",
    [
        *_rows(HOSTILE),
        " https://example.com/",
        "https://example.com/ ",
        "https://example.com/" + "a" * 2048,
        "https://" + "a" * 64 + ".com/",
        "https://" + "a." * 130 + "com/",
        "",
    ],
)
def test_a_hostile_url_is_refused(url: str) -> None:
    with pytest.raises(BadUrl) as refused:
        check_url(url, "production", CLOSED)
    assert str(refused.value).endswith((".", "/."))


def test_the_corpus_is_large() -> None:
    assert len(set(_rows(HOSTILE))) >= 220


@pytest.mark.parametrize(("url", "canonical"), GOOD.items())
def test_a_good_url_has_one_form_that_the_client_reads_alike(url: str, canonical: str) -> None:
    target = check_url(url, "production", CLOSED)
    assert target.url == canonical
    read = URL(target.url, encoded=True)
    assert (read.scheme, read.raw_host, read.port, read.raw_path_qs) == (
        target.scheme,
        target.host,
        target.port,
        target.path,
    )
    assert read_url(target.url) == target


def test_http_is_for_sandboxes() -> None:
    assert check_url("http://example.com/", "sandbox", CLOSED).url == "http://example.com/"


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000/",
        "http://127.0.0.1:3000/",
        "http://[::1]:3000/",
        "http://app.localhost:3000/",
        "http://[::ffff:127.0.0.1]:3000/",
    ],
)
def test_loopback_is_for_sandboxes_of_the_embedded_default(url: str) -> None:
    assert check_url(url, "sandbox", EMBEDDED_SANDBOX).port == 3000
    with pytest.raises(BadUrl):
        check_url(url, "sandbox", CLOSED)


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "0.0.0.0", "fe80::1", "100.64.0.1"])  # noqa: S104
def test_loopback_opens_nothing_else(address: str) -> None:
    assert refusal(ip_address(address), EMBEDDED_SANDBOX) is not None


def test_the_operators_list_opens_what_it_names() -> None:
    policy = AddressPolicy(allowed=read_networks("10.20.0.0/16, fd00::/8"), ports=read_ports("443,8000-8010"))
    assert refusal(ip_address("10.20.3.4"), policy) is None
    assert refusal(ip_address("::ffff:10.20.3.4"), policy) is None
    assert refusal(ip_address("fd12::1"), policy) is None
    assert refusal(ip_address("10.21.0.1"), policy) is not None
    assert policy.allows_port(8010)
    assert not policy.allows_port(8011)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "100.100.100.200",
        "fd00:ec2::254",
        "0.1.2.3",
        "255.255.255.255",
        "224.0.0.1",
        "ff02::1",
        "::",
        "::ffff:169.254.169.254",
    ],
)
def test_no_list_opens_metadata_services_and_what_is_no_receiver(address: str) -> None:
    assert refusal(ip_address(address), AddressPolicy(allowed=read_networks("0.0.0.0/0,::/0"))) is not None


def test_a_listed_tunnel_still_leads_nowhere_private() -> None:
    policy = AddressPolicy(allowed=read_networks("64:ff9b::/96,2002::/16"))
    assert refusal(ip_address("64:ff9b::8.8.8.8"), policy) is None
    assert "tunnel" in (refusal(ip_address("64:ff9b::10.0.0.1"), policy) or "")
    assert "tunnel" in (refusal(ip_address("2002:a00:1::"), policy) or "")


@given(st.integers(0, 2**32 - 1))
def test_every_ipv4_address_is_judged_alike_when_mapped(number: int) -> None:
    address = IPv4Address(number)
    assert refusal(IPv6Address(f"::ffff:{address}"), CLOSED) == refusal(address, CLOSED)


@given(st.integers(0, 2**32 - 1))
def test_whatever_python_calls_private_is_refused(number: int) -> None:
    address = IPv4Address(number)
    if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
        assert refusal(address, CLOSED) is not None


@given(st.integers(0, 2**128 - 1))
def test_only_global_unicast_passes(number: int) -> None:
    address = IPv6Address(number)
    if refusal(address, CLOSED) is None:
        assert address.ipv4_mapped is not None or number >> 125 == 1


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        try:
            target = read_url(url)
        except BadUrl:
            continue
        assert URL(target.url, encoded=True).raw_host == target.host


@pytest.mark.parametrize("text", ["0", "65536", "443-80", "x", "80-", "-80", "1-2-3"])
def test_ports_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"port|int"):
        read_ports(text)
