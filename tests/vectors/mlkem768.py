"""ML-KEM-768 in plain Python, from FIPS 203. For test vectors only: slow, and nothing in it takes constant time."""

import hashlib

Q, N, K, ETA, DU, DV = 3329, 256, 3, 2, 10, 4
SEED_BYTES, EK_BYTES, CT_BYTES, SS_BYTES = 64, 1184, 1088, 32


def _bit_reverse7(i):
    return int(f"{i:07b}"[::-1], 2)


ZETAS = [pow(17, _bit_reverse7(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * _bit_reverse7(i) + 1, Q) for i in range(128)]


def _g(x):
    digest = hashlib.sha3_512(x).digest()
    return digest[:32], digest[32:]


def _h(x):
    return hashlib.sha3_256(x).digest()


def _j(x):
    return hashlib.shake_256(x).digest(32)


# --- polynomials -----------------------------------------------------------------------------------------------------


def _ntt(f):  # algorithm 9
    f, i, length = list(f), 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            zeta, i = ZETAS[i], i + 1
            for j in range(start, start + length):
                t = zeta * f[j + length] % Q
                f[j + length] = (f[j] - t) % Q
                f[j] = (f[j] + t) % Q
        length //= 2
    return f


def _inverse_ntt(f):  # algorithm 10
    f, i, length = list(f), 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            zeta, i = ZETAS[i], i - 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = zeta * (f[j + length] - t) % Q
        length *= 2
    return [x * 3303 % Q for x in f]


def _dot(row, column):
    """The sum of the products of two vectors in the NTT domain (algorithms 11 and 12)."""
    total = [0] * N
    for f, g in zip(row, column):
        for i in range(128):
            a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
            total[2 * i] += a0 * b0 + a1 * b1 % Q * GAMMAS[i]
            total[2 * i + 1] += a0 * b1 + a1 * b0
    return [x % Q for x in total]


def _add(f, g):
    return [(x + y) % Q for x, y in zip(f, g)]


def _sample_ntt(seed):  # algorithm 7
    length = 672
    while True:
        stream = hashlib.shake_128(seed).digest(length)
        out = []
        for i in range(0, length, 3):
            b0, b1, b2 = stream[i : i + 3]
            d1, d2 = b0 + 256 * (b1 % 16), b1 // 16 + 16 * b2
            if d1 < Q:
                out.append(d1)
            if d2 < Q:
                out.append(d2)
        if len(out) >= N:
            return out[:N]
        length += 168


def _matrix(rho):
    return [[_sample_ntt(rho + bytes((j, i))) for j in range(K)] for i in range(K)]


def _sample_cbd(sigma, n):  # algorithm 8 on PRF_2(sigma, n)
    bits = int.from_bytes(hashlib.shake_256(sigma + bytes((n,))).digest(64 * ETA), "little")
    out = []
    for _ in range(N):
        out.append(((bits & 1) + (bits >> 1 & 1) - (bits >> 2 & 1) - (bits >> 3 & 1)) % Q)
        bits >>= 4
    return out


# --- encoding --------------------------------------------------------------------------------------------------------


def _encode(f, d):
    value = 0
    for x in reversed(f):
        value = value << d | x
    return value.to_bytes(32 * d, "little")


def _decode(data, d):
    value, mask = int.from_bytes(data, "little"), (1 << d) - 1
    out = []
    for _ in range(N):
        out.append(value & mask)
        value >>= d
    return out


def _compress(f, d):
    return [((x << d) + Q // 2) // Q % (1 << d) for x in f]


def _decompress(f, d):
    return [(x * Q + (1 << (d - 1))) >> d for x in f]


def _split(data, size):
    return [data[i : i + size] for i in range(0, len(data), size)]


# --- the KEM ---------------------------------------------------------------------------------------------------------


def _expand(seed):
    d, z = seed[:32], seed[32:]
    rho, sigma = _g(d + bytes((K,)))
    s = [_ntt(_sample_cbd(sigma, i)) for i in range(K)]
    e = [_ntt(_sample_cbd(sigma, K + i)) for i in range(K)]
    t = [_add(_dot(row, s), e[i]) for i, row in enumerate(_matrix(rho))]
    ek = b"".join(_encode(f, 12) for f in t) + rho
    return s, ek, z


def keygen(seed):
    """The encapsulation key of the 64-byte seed d || z."""
    assert len(seed) == SEED_BYTES
    return _expand(seed)[1]


def expanded_key(seed):
    """The 2,400-byte decapsulation key of FIPS 203 (AnoChat stores the seed instead)."""
    s, ek, z = _expand(seed)
    return b"".join(_encode(f, 12) for f in s) + ek + _h(ek) + z


def acceptable(ek):
    """The two checks of section 7.2: the length, and every coefficient below q."""
    return len(ek) == EK_BYTES and all(x < Q for part in _split(ek[:-32], 384) for x in _decode(part, 12))


def _encrypt(ek, m, r):  # algorithm 14
    t = [_decode(part, 12) for part in _split(ek[:-32], 384)]
    columns = list(zip(*_matrix(ek[-32:])))
    y = [_ntt(_sample_cbd(r, i)) for i in range(K)]
    e1 = [_sample_cbd(r, K + i) for i in range(K)]
    e2 = _sample_cbd(r, 2 * K)
    u = [_add(_inverse_ntt(_dot(columns[i], y)), e1[i]) for i in range(K)]
    v = _add(_add(_inverse_ntt(_dot(t, y)), e2), _decompress(_decode(m, 1), 1))
    return b"".join(_encode(_compress(f, DU), DU) for f in u) + _encode(_compress(v, DV), DV)


def encaps(ek, m):
    """(ciphertext, secret) for the 32 random bytes m; None when the key is refused."""
    assert len(m) == 32
    if not acceptable(ek):
        return None
    secret, r = _g(m + _h(ek))
    return _encrypt(ek, m, r), secret


def decaps(seed, ct):
    """The secret; for a ciphertext that is not genuine, a secret that nobody knows."""
    assert len(seed) == SEED_BYTES and len(ct) == CT_BYTES
    s, ek, z = _expand(seed)
    u = [_ntt(_decompress(_decode(part, DU), DU)) for part in _split(ct[: 32 * DU * K], 32 * DU)]
    v = _decompress(_decode(ct[32 * DU * K :], DV), DV)
    w = [(a - b) % Q for a, b in zip(v, _inverse_ntt(_dot(s, u)))]
    m = _encode(_compress(w, 1), 1)
    secret, r = _g(m + _h(ek))
    return secret if _encrypt(ek, m, r) == ct else _j(z + ct)
