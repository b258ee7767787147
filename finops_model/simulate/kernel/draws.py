"""Numbers by counter and polynomials for the compiled kernel (docs/method §3.11, §3.12).

A draw is Philox4x32 of (counter, key): no state, so any cell of any stream can be drawn alone, on any thread. Seven rounds:
the fewest that pass BigCrush with every counter layout (Salmon et al. 2011, table 2); ten cost twice as much and the three
rounds are their safety margin against patterns nobody has found. Known answers of Random123 hold both in tests.

Numba has no vector library since 0.62, so `math.exp` in a loop runs one lane at a time. The polynomials here are plain
float32 arithmetic that LLVM puts on all lanes. fastmath stays off; `fma` is one correctly rounded operation on every
processor, so the bits do not depend on the vector width. Measured largest errors over their ranges (tests hold them):
exp and log 2e-7 of the value, normal 2e-6 of the value.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = [
    "ROUNDS",
    "divide",
    "exp32",
    "fill_normals",
    "fma",
    "log32",
    "normal32",
    "philox",
    "uniform32",
]

ROUNDS = 7
LANES = 64  # paths that are drawn and computed side by side
GROUP = LANES // 4  # one Philox call gives four words: lanes l, l + 16, l + 32, l + 48
INT, LONG, FLOAT = ir.IntType(32), ir.IntType(64), ir.FloatType()


def _high_low(builder, multiplier: int, word):
    """Both halves of a 32 × 32 bit product."""
    product = builder.mul(builder.zext(word, LONG), ir.Constant(LONG, multiplier))
    return builder.trunc(builder.lshr(product, ir.Constant(LONG, 32)), INT), builder.trunc(
        product, INT
    )


def _philox(rounds: int):
    @intrinsic
    def rounds_of(typing, c0, c1, c2, c3, k0, k1):
        word = types.uint32
        signature = types.UniTuple(word, 4)(word, word, word, word, word, word)

        def codegen(context, builder, sig, args):
            a, b, c, d, key0, key1 = args
            for i in range(rounds):
                if i:  # the key is bumped before every round but the first
                    key0 = builder.add(key0, ir.Constant(INT, 0x9E3779B9))
                    key1 = builder.add(key1, ir.Constant(INT, 0xBB67AE85))
                high0, low0 = _high_low(builder, 0xD2511F53, a)
                high1, low1 = _high_low(builder, 0xCD9E8D57, c)
                a, b, c, d = (
                    builder.xor(builder.xor(high1, b), key0),
                    low1,
                    builder.xor(builder.xor(high0, d), key1),
                    low0,
                )
            return cgutils.pack_array(builder, [a, b, c, d])

        return signature, codegen

    return rounds_of


philox = _philox(ROUNDS)  # (counter 4 × uint32, key 2 × uint32) -> 4 × uint32
philox_ten = _philox(10)  # the same with ten rounds, for the known answers only


@intrinsic
def fma(typing, a, b, c):
    """a · b + c rounded once, float32."""

    def codegen(context, builder, sig, args):
        return builder.fma(*args)

    return types.float32(types.float32, types.float32, types.float32), codegen


@intrinsic
def divide(typing, a, b):
    """a ÷ b, float32; numba's own division tests for zero, and a branch keeps a loop on one lane."""

    def codegen(context, builder, sig, args):
        return builder.fdiv(*args)

    return types.float32(types.float32, types.float32), codegen


@intrinsic
def _scale(typing, value, magic):
    """value · 2ⁿ where n stands in the low bits of `magic`: n + 1.5·2²³ in float32."""

    def codegen(context, builder, sig, args):
        bits, power = (builder.bitcast(arg, INT) for arg in args)
        return builder.bitcast(builder.add(bits, builder.shl(power, ir.Constant(INT, 23))), FLOAT)

    return types.float32(types.float32, types.float32), codegen


@intrinsic
def _split(typing, value):
    """A positive float32 as mantissa in [√½, √2) and exponent, both float32."""

    def codegen(context, builder, sig, args):
        bits = builder.bitcast(args[0], INT)
        power = builder.ashr(builder.sub(bits, ir.Constant(INT, 0x3F3504F3)), ir.Constant(INT, 23))
        mantissa = builder.bitcast(
            builder.sub(bits, builder.shl(power, ir.Constant(INT, 23))), FLOAT
        )
        return cgutils.pack_array(builder, [mantissa, builder.sitofp(power, FLOAT)])

    return types.UniTuple(types.float32, 2)(types.float32), codegen


@intrinsic
def _two_sided(typing, word):
    """A word as v in (−1, 1) and as the probability p in (0, ½] of its own tail, both float32; v = ±(1 − 2p).

    p is made from the distance to the nearer end, an integer: the tail keeps all its digits (to 6.3 standard deviations).
    """

    def codegen(context, builder, sig, args):
        x = args[0]
        other = builder.xor(x, ir.Constant(INT, -1))
        nearer = builder.select(builder.icmp_unsigned("<", x, other), x, other)
        p = builder.fmul(
            builder.fadd(builder.uitofp(nearer, FLOAT), ir.Constant(FLOAT, 0.5)),
            ir.Constant(FLOAT, 2.0**-32),
        )
        # centred and halved before it is rounded: two words that mirror each other give −v and v
        left = builder.icmp_unsigned("<", x, other)
        size = builder.fsub(ir.Constant(FLOAT, 1.0), builder.fmul(p, ir.Constant(FLOAT, 2.0)))
        return cgutils.pack_array(builder, [builder.select(left, builder.fneg(size), size), p])

    return types.UniTuple(types.float32, 2)(types.uint32), codegen


@intrinsic
def _as_float(typing, word):
    def codegen(context, builder, sig, args):
        return builder.bitcast(args[0], FLOAT)

    return types.float32(types.uint32), codegen


@intrinsic
def _as_word(typing, value):
    def codegen(context, builder, sig, args):
        return builder.bitcast(args[0], INT)

    return types.uint32(types.float32), codegen


@intrinsic
def uniform32(typing, word):
    """A word as float32 in (0, 1]: its top 24 bits and a half, never 0."""

    def codegen(context, builder, sig, args):
        top = builder.uitofp(builder.lshr(args[0], ir.Constant(INT, 8)), FLOAT)
        return builder.fmul(
            builder.fadd(top, ir.Constant(FLOAT, 0.5)), ir.Constant(FLOAT, 2.0**-24)
        )

    return types.float32(types.uint32), codegen


@njit(inline="always")
def exp32(x):
    """eˣ in float32 for x in −87…88, clipped outside."""
    x = min(max(x, np.float32(-87.0)), np.float32(88.0))
    magic = fma(x, np.float32(1.44269504), np.float32(12582912.0))
    n = magic - np.float32(12582912.0)
    r = fma(n, np.float32(-0.693359375), x)
    r = fma(n, np.float32(2.12194440e-4), r)
    p = fma(r, np.float32(1.9875691500e-4), np.float32(1.3981999507e-3))
    p = fma(p, r, np.float32(8.3334519073e-3))
    p = fma(p, r, np.float32(4.1665795894e-2))
    p = fma(p, r, np.float32(1.6666665459e-1))
    p = fma(p, r, np.float32(5.0000001201e-1))
    return _scale(fma(p, r * r, r + np.float32(1.0)), magic)


@njit(inline="always")
def log32(x):
    """Natural logarithm of a positive, normal float32. Coefficients: Moshier's Cephes, logf."""
    m, e = _split(x)
    f = m - np.float32(1.0)
    z = f * f
    p = fma(f, np.float32(7.0376836292e-2), np.float32(-1.1514610310e-1))
    p = fma(p, f, np.float32(1.1676998740e-1))
    p = fma(p, f, np.float32(-1.2420140846e-1))
    p = fma(p, f, np.float32(1.4249322787e-1))
    p = fma(p, f, np.float32(-1.6668057665e-1))
    p = fma(p, f, np.float32(2.0000714765e-1))
    p = fma(p, f, np.float32(-2.4999993993e-1))
    p = fma(p, f, np.float32(3.3333331174e-1))
    y = fma(p * f, z, e * np.float32(-2.12194440e-4))
    y = fma(z, np.float32(-0.5), y)
    return fma(e, np.float32(0.693359375), f + y)


@njit(inline="always")
def normal32(word):
    """The standard normal value of one word: inverse distribution function, no branch.

    z = v · g(w), w = −log(4p(1 − p)) (Giles 2010), g one polynomial of degree 10 in w ÷ (w + 9), fitted to least largest error.
    """
    v, p = _two_sided(word)
    w = -log32(fma(p, p * np.float32(-4.0), p * np.float32(4.0)))
    x = fma(divide(w, w + np.float32(9.0)), np.float32(2.0 / 0.7115384615384616), np.float32(-1.0))
    g = fma(x, np.float32(-0.0008123087463900447), np.float32(0.01663733646273613))
    g = fma(g, x, np.float32(0.03652461618185043))
    g = fma(g, x, np.float32(-0.014704967848956585))
    g = fma(g, x, np.float32(-0.032537396997213364))
    g = fma(g, x, np.float32(0.14182379841804504))
    g = fma(g, x, np.float32(0.2367057055234909))
    g = fma(g, x, np.float32(0.1166815459728241))
    g = fma(g, x, np.float32(0.6779376268386841))
    g = fma(g, x, np.float32(2.336333990097046))
    g = fma(g, x, np.float32(2.9322664737701416))
    return v * g


@njit
def fill_normals(out, n, first, block, key):
    """Standard normals of n steps from `first` on, of one block of 64 paths, into `out` (step, 64) float32.

    key   4 × uint32 of the stream: the key and the upper half of the counter. Lane l of block b on step t is word l ÷ 16 of the
    counter (16 b + l mod 16, t): a path's draw depends on nothing else, whatever is drawn beside or before it.
    """
    key0, key1, key2, key3 = key[0], key[1], key[2], key[3]
    base = np.uint32(block * GROUP)
    for t in range(n):  # words first, values second: each loop fits the registers
        step = np.uint32(first + t)
        for lane in range(GROUP):
            a, b, c, d = philox(np.uint32(base + lane), step, key2, key3, key0, key1)
            out[t, lane] = _as_float(a)
            out[t, lane + GROUP] = _as_float(b)
            out[t, lane + 2 * GROUP] = _as_float(c)
            out[t, lane + 3 * GROUP] = _as_float(d)
    for t in range(n):
        for lane in range(LANES):
            out[t, lane] = normal32(_as_word(out[t, lane]))
