"""Check values of the hash algorithms, the ones' complement sum and the generator, from outside of Cora."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cora.ir.hashes import ALGORITHMS, csum16, ones_complement_sum, splitmix64, toeplitz, xor16

CHECK = b"123456789"


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("crc32", 0xCBF43926),  # CRC-32/ISO-HDLC, catalogue of parametrised CRC algorithms
        ("crc16", 0xBB3D),  # CRC-16/ARC, same catalogue
        ("identity", 0x313233343536373839),
    ],
)
def test_check_values(algorithm: str, value: int) -> None:
    assert ALGORITHMS[algorithm](CHECK) == value


@pytest.mark.parametrize(
    ("source", "destination", "with_ports", "without"),
    [  # Microsoft, "Verifying the RSS Hash Calculation", IPv4
        (("66.9.149.187", 2794), ("161.142.100.80", 1766), 0x51CCC178, 0x323E8FC2),
        (("199.92.111.2", 14230), ("65.69.140.83", 4739), 0xC626B0EA, 0xD718262A),
        (("24.19.198.95", 12898), ("12.22.207.184", 38024), 0x5C2B394A, 0xD2D0A5DE),
        (("38.27.205.30", 48228), ("209.142.163.6", 2217), 0xAFC7327F, 0x82989176),
        (("153.39.163.191", 44251), ("202.188.127.2", 1303), 0x10E828A2, 0x5D1809C5),
    ],
)
def test_toeplitz_is_that_of_receive_side_scaling(
    source: tuple[str, int], destination: tuple[str, int], with_ports: int, without: int
) -> None:
    addresses = IPv4Address(source[0]).packed + IPv4Address(destination[0]).packed
    assert toeplitz(addresses) == without
    assert toeplitz(addresses + struct.pack(">HH", source[1], destination[1])) == with_ports


def test_toeplitz_goes_around_the_key() -> None:
    assert toeplitz(bytes(39) + b"\1" + bytes(8)) != 0
    assert toeplitz(b"\1" + bytes(40)) == toeplitz(bytes(40) + b"\1")


def test_checksum_of_rfc_1071() -> None:
    example = bytes.fromhex("0001f203f4f5f6f7")
    assert ones_complement_sum(int.from_bytes(example, "big")) == 0xDDF2
    assert csum16(example) == 0x220D


def test_an_odd_last_byte_is_the_upper_half_of_a_word() -> None:
    assert xor16(b"\x12\x34\x56") == 0x1234 ^ 0x5600
    assert csum16(b"\x12\x34\x56") == 0xFFFF - (0x1234 + 0x5600)


@given(st.lists(st.integers(0, 0xFFFF)))
def test_the_sum_is_the_one_that_folds_carries_word_by_word(words: list[int]) -> None:
    total = 0
    for word in words:
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    packed = int.from_bytes(b"".join(word.to_bytes(2, "big") for word in words), "big")
    assert ones_complement_sum(packed) == total


def test_splitmix64_has_the_published_sequence() -> None:
    published = [  # for seed 1234567, as in the reference implementation by Vigna
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert [splitmix64(1234567, n) for n in range(5)] == published
