"""A phone with a WireGuard tunnel and no more of a network than a test needs: names over UDP, pages over TCP.

The handshake and the packets are those of the WireGuard paper (wireguard.com/papers/wireguard.pdf, 5.4), IPv4 those of
RFC 791, UDP of RFC 768, TCP of RFC 9293 without anything that gets lost: the wire is this machine.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import struct
import time

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from mitmproxy import dns

_ADDRESS = "10.0.0.1"
_UDP, _TCP = 17, 6
_FIN, _SYN, _PSH, _ACK = 1, 2, 8, 16
_TAI64 = 2**62 + 10


class Phone:
    """The device at the far end of a tunnel."""

    def __init__(self, private_key: str, peer_public_key: str, port: int, patience: float = 20) -> None:
        """Shake hands with the proxy on 127.0.0.1, waiting for so many seconds at most."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(patience)
        self._socket.connect(("127.0.0.1", port))
        self._counter = 0
        self._own_port = 40_000
        private = X25519PrivateKey.from_private_bytes(base64.b64decode(private_key))
        self._shake_hands(private, base64.b64decode(peer_public_key))

    def close(self) -> None:
        """Put it away."""
        self._socket.close()

    def look_up(self, name: str, server: str = "10.0.0.53") -> list[str]:
        """The IPv4 addresses of a name."""
        question = dns.Question(name, dns.types.A, dns.classes.IN)
        asked = dns.DNSMessage(
            id=1,
            query=True,
            op_code=0,
            authoritative_answer=False,
            truncation=False,
            recursion_desired=True,
            recursion_available=False,
            reserved=0,
            response_code=0,
            questions=[question],
            answers=[],
            authorities=[],
            additionals=[],
            timestamp=time.time(),
        ).packed
        self.send_datagram(server, 53, asked)
        answer = dns.DNSMessage.unpack(self._receive(_UDP)[8:])
        return [socket.inet_ntoa(record.data) for record in answer.answers if record.type == dns.types.A]

    def send_datagram(self, address: str, port: int, data: bytes) -> None:
        """Send bytes over UDP."""
        self._own_port += 1
        self._send(_UDP, address, struct.pack("!HHHH", self._own_port, port, 8 + len(data), 0) + data)

    def get(self, address: str, port: int, request: bytes) -> bytes:
        """Send bytes to an address, and give back all that comes until the other side ends."""
        self._own_port += 1
        sent, got = 1_000, 0
        self._send_tcp(address, port, sent, 0, _SYN)
        got = struct.unpack("!I", self._receive(_TCP)[4:8])[0] + 1
        sent += 1
        self._send_tcp(address, port, sent, got, _ACK | _PSH, request)
        sent += len(request)
        came = b""
        while True:
            segment = self._receive(_TCP)
            sequence, flags = struct.unpack("!I", segment[4:8])[0], segment[13]
            data = segment[(segment[12] >> 4) * 4 :]
            if sequence == got:
                came += data
                got += len(data) + (flags & _FIN)
            self._send_tcp(address, port, sent, got, _ACK)
            if flags & _FIN:
                return came

    def _send_tcp(self, address: str, port: int, sequence: int, seen: int, flags: int, data: bytes = b"") -> None:
        head = struct.pack("!HHIIBBHHH", self._own_port, port, sequence, seen, 5 << 4, flags, 60_000, 0, 0)
        pseudo = socket.inet_aton(_ADDRESS) + socket.inet_aton(address) + struct.pack("!BBH", 0, _TCP, 20 + len(data))
        checksum = _checksum(pseudo + head + data)
        self._send(_TCP, address, head[:16] + struct.pack("!H", checksum) + head[18:] + data)

    def _send(self, protocol: int, address: str, segment: bytes) -> None:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 64, protocol, 0)
        head += socket.inet_aton(_ADDRESS) + socket.inet_aton(address)
        packet = head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + segment
        packet += bytes(-len(packet) % 16)
        sealed = ChaCha20Poly1305(self._sending).encrypt(_nonce(self._counter), packet, b"")
        self._socket.send(struct.pack("<IIQ", 4, self._peer, self._counter) + sealed)
        self._counter += 1

    def _receive(self, protocol: int) -> bytes:
        while True:
            message = self._socket.recv(65_535)
            if message[0] != 4:
                continue
            counter = struct.unpack("<Q", message[8:16])[0]
            packet = ChaCha20Poly1305(self._receiving).decrypt(_nonce(counter), message[16:], b"")
            if packet and packet[9] == protocol:
                return packet[(packet[0] & 15) * 4 : struct.unpack("!H", packet[2:4])[0]]

    def _shake_hands(self, private: X25519PrivateKey, peer: bytes) -> None:
        own, mine = private.public_key().public_bytes_raw(), X25519PrivateKey.generate()
        chain = _hash(b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s")
        state = _hash(_hash(chain + b"WireGuard v1 zx2c4 Jason@zx2c4.com") + peer)
        ephemeral = mine.public_key().public_bytes_raw()
        (chain,) = _keys(chain, ephemeral, 1)
        state = _hash(state + ephemeral)
        chain, key = _keys(chain, _shared(mine, peer), 2)
        static = ChaCha20Poly1305(key).encrypt(_nonce(0), own, state)
        state = _hash(state + static)
        chain, key = _keys(chain, _shared(private, peer), 2)
        now = struct.pack("!QI", _TAI64 + int(time.time()), 0)
        stamp = ChaCha20Poly1305(key).encrypt(_nonce(0), now, state)
        state = _hash(state + stamp)
        message = struct.pack("<I", 1) + os.urandom(4) + ephemeral + static + stamp
        message += hashlib.blake2s(message, digest_size=16, key=_hash(b"mac1----" + peer)).digest() + bytes(16)
        self._socket.send(message)
        answer = self._socket.recv(200)
        assert answer[0] == 2, answer
        self._peer, theirs = struct.unpack("<I", answer[4:8])[0], answer[12:44]
        (chain,) = _keys(chain, theirs, 1)
        (chain,) = _keys(chain, _shared(mine, theirs), 1)
        (chain,) = _keys(chain, _shared(private, theirs), 1)
        chain, _, _ = _keys(chain, bytes(32), 3)
        self._sending, self._receiving = _keys(chain, b"", 2)


def _hash(data: bytes) -> bytes:
    return hashlib.blake2s(data).digest()


def _keys(key: bytes, data: bytes, count: int) -> list[bytes]:
    secret = hmac.digest(key, data, "blake2s")
    found, last = [], b""
    for number in range(1, count + 1):
        last = hmac.digest(secret, last + bytes([number]), "blake2s")
        found.append(last)
    return found


def _shared(private: X25519PrivateKey, public: bytes) -> bytes:
    return private.exchange(X25519PublicKey.from_public_bytes(public))


def _nonce(counter: int) -> bytes:
    return bytes(4) + struct.pack("<Q", counter)


def _checksum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
