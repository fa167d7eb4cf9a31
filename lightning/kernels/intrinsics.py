"""The few operations that plain integer code cannot say.

Each has a Python body (used under NUMBA_DISABLE_JIT=1, where an overflow must be computed and not
wrapped) and an implementation for compiled code.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)
_WORD = 2**64 - 1
_MIX_A = 0x9E3779B97F4A7C15
_MIX_B = 0xBF58476D1CE4E5B9
_MIX_C = 0x94D049BB133111EB


def _signed(word):
    return word - 2**64 if word >= 2**63 else word


def mix(a, b):
    """A 64-bit hash of the two int64 `a` and `b`, as int64: three multiplications, each folded down."""
    x = (((int(a) & _WORD) ^ _MIX_A) * _MIX_B) & _WORD
    x = (((x ^ (x >> 32)) ^ (int(b) & _WORD)) * _MIX_C) & _WORD
    x = ((x ^ (x >> 32)) * _MIX_B) & _WORD
    return np.int64(_signed(x ^ (x >> 29)))


@overload(mix)
def _mix_compiled(a, b):
    def implementation(a, b):
        u = np.uint64
        x = (u(a) ^ u(_MIX_A)) * u(_MIX_B)
        x = ((x ^ (x >> u(32))) ^ u(b)) * u(_MIX_C)
        x = (x ^ (x >> u(32))) * u(_MIX_B)
        return np.int64(x ^ (x >> u(29)))

    return implementation


def stir(h, word):
    """The running hash `h` with one more int64 in it; finish with `mix`.

    One multiplication is not enough: a difference in a word's high bits then stays in two bits, which
    the next word can undo.
    """
    x = (((int(h) ^ int(word)) & _WORD) * _MIX_C) & _WORD
    x = ((x ^ (x >> 32)) * _MIX_B) & _WORD
    return np.int64(_signed(x ^ (x >> 29)))


@overload(stir)
def _stir_compiled(h, word):
    def implementation(h, word):
        u = np.uint64
        x = (u(h) ^ u(word)) * u(_MIX_C)
        x = (x ^ (x >> u(32))) * u(_MIX_B)
        return np.int64(x ^ (x >> u(29)))

    return implementation


def add_wrapped(a, b):
    """`a + b` modulo 2**64, as int64: for hashes only, never for money."""
    return np.int64(_signed((int(a) + int(b)) & _WORD))


@overload(add_wrapped)
def _add_wrapped_compiled(a, b):
    return lambda a, b: np.int64(a) + np.int64(b)


def lowest_bit(bits):
    """Index of the lowest set bit of the int64 `bits`; `bits` must not be 0."""
    word = int(bits) & _WORD
    return np.int64((word & -word).bit_length() - 1)


@intrinsic
def _cttz(typingctx, bits):
    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), codegen


@overload(lowest_bit)
def _lowest_bit_compiled(bits):
    return lambda bits: _cttz(np.int64(bits))


def add_saturated(a, b):
    """`a + b`, or the nearest int64 when that is out of range."""
    return np.int64(min(max(int(a) + int(b), INT64_MIN), INT64_MAX))


@intrinsic
def _sadd_sat(typingctx, a, b):
    def codegen(context, builder, signature, args):
        word = ir.IntType(64)
        function = builder.module.declare_intrinsic(
            "llvm.sadd.sat", [word], ir.FunctionType(word, [word, word])
        )
        return builder.call(function, args)

    return types.int64(types.int64, types.int64), codegen


@overload(add_saturated)
def _add_saturated_compiled(a, b):
    return lambda a, b: _sadd_sat(np.int64(a), np.int64(b))


def product(a, b):
    """`a * b` for int64 `a`, `b` >= 0; -1 when that does not fit int64 or an operand is negative."""
    result = int(a) * int(b)
    return np.int64(result if a >= 0 and b >= 0 and result <= INT64_MAX else -1)


@intrinsic
def _smul(typingctx, a, b):
    def codegen(context, builder, signature, args):
        pair = builder.smul_with_overflow(args[0], args[1])
        value = builder.extract_value(pair, 0)
        overflow = builder.extract_value(pair, 1)
        negative = builder.icmp_signed("<", builder.or_(args[0], args[1]), ir.Constant(ir.IntType(64), 0))
        return builder.select(builder.or_(overflow, negative), ir.Constant(ir.IntType(64), -1), value)

    return types.int64(types.int64, types.int64), codegen


@overload(product)
def _product_compiled(a, b):
    return lambda a, b: _smul(np.int64(a), np.int64(b))


def total(a, b):
    """`a + b` for int64 `a`, `b` >= 0; -1 when that does not fit int64 or an operand is negative."""
    result = int(a) + int(b)
    return np.int64(result if a >= 0 and b >= 0 and result <= INT64_MAX else -1)


@overload(total)
def _total_compiled(a, b):
    def implementation(a, b):
        a = np.int64(a)
        b = np.int64(b)
        if a < 0 or b < 0 or a > INT64_MAX - b:
            return np.int64(-1)
        return a + b

    return implementation


def prefetch(table, shard, row, offset=0):
    """Ask for the cache line that holds byte `offset` of `table[shard, row]`; nothing else happens.

    The row must exist.
    """


@intrinsic
def _prefetch_line(typingctx, table, shard, row, offset):
    def codegen(context, builder, signature, args):
        array = context.make_array(signature.args[0])(context, builder, args[0])
        strides = cgutils.unpack_tuple(builder, array.strides, 2)
        begin = builder.add(builder.mul(strides[0], args[1]), builder.mul(strides[1], args[2]))
        bytes_at = builder.bitcast(array.data, ir.IntType(8).as_pointer())
        at = builder.gep(bytes_at, [builder.add(begin, args[3])])
        word = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [at.type, word, word, word]),
            "llvm.prefetch.p0",
        )
        builder.call(function, [at, *(ir.Constant(word, each) for each in (0, 3, 1))])
        return context.get_dummy_value()

    return types.none(table, types.int64, types.int64, types.int64), codegen


@overload(prefetch)
def _prefetch_compiled(table, shard, row, offset=0):
    def implementation(table, shard, row, offset=0):
        _prefetch_line(table, np.int64(shard), np.int64(row), np.int64(offset))

    return implementation
