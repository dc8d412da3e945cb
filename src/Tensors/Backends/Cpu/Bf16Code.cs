using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// The one place where Heartwood makes machine code. VDPBF16PS multiplies pairs of bf16 and adds them to a float32, twice the
/// arithmetic of a float32 multiply-add, and .NET 10 has no intrinsic for it. So the innermost loop of the matrix product is
/// written here, instruction by instruction, as in <see cref="Tile"/>: up to 8 rows of c by 48 columns in registers, each step
/// loads three vectors of packed b and broadcasts one pair of values of a per row.
/// The memory is written first and then made executable, never both at once. Where the system refuses that, the processor has
/// no such instruction, or HEARTWOOD_NO_MACHINE_CODE is set, <see cref="WhyNot"/> says so and nothing is made;
/// <see cref="RoundedProducts"/> then gives the same values through ordinary code.
/// Only for Linux on x64: the calling convention is System V's, in which a function may use all 32 vector registers.
/// </summary>
static unsafe partial class Bf16Code
{
    /// <summary>Most rows of a tile.</summary>
    internal const int Rows = 8;

    /// <summary>Columns of a tile: three vectors of 16 floats.</summary>
    internal const int Columns = 48;

    /// <summary>The variable that forbids machine code, whatever it holds.</summary>
    internal const string Variable = "HEARTWOOD_NO_MACHINE_CODE";

    static readonly (nint[] Tiles, string? WhyNot) made = Make(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Why there is no machine code on this system; null where there is.</summary>
    internal static string? WhyNot => made.WhyNot;

    /// <summary>
    /// c[rows, 48] = from[rows, 48] + a · b in float32, for 1 to 8 rows, one after the other pair: c + a₁b₁, rounded, + a₀b₀, rounded,
    /// numbers below float32's normal range taken as zero. Arguments: a [rows, pairs] and its step in bytes, b [pair][48], c and its step
    /// in bytes, how many pairs, from and its step in bytes (0 to begin every row alike; from may be c).
    /// </summary>
    internal static delegate* unmanaged<uint*, nint, uint*, float*, nint, nint, float*, nint, void> Tile(int rows) =>
        (delegate* unmanaged<uint*, nint, uint*, float*, nint, nint, float*, nint, void>)made.Tiles[rows - 1];

    /// <summary>Makes the code of all tiles.</summary>
    /// <param name="variable">what <see cref="Variable"/> holds</param>
    /// <returns>where the tiles of 1 to 8 rows begin; or none, and why</returns>
    internal static (nint[] Tiles, string? WhyNot) Make(string? variable)
    {
        string? whyNot = !string.IsNullOrEmpty(variable) ? $"{Variable}={variable} forbids machine code"
            : !OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64
                ? "machine code is made only for Linux on x64"
            : !InProcessor ? "the processor has no bf16 dot product (AVX-512 BF16)"
            : null;
        if (whyNot is not null) return ([], whyNot);
        List<byte> code = [];
        nint[] starts = [.. Enumerable.Range(1, Rows).Select(rows => Append(code, rows))];
        nint at = Executable([.. code], out whyNot);
        return (at == 0 ? [] : [.. starts.Select(start => at + start)], whyNot);
    }

    // .NET has asked the system whether it keeps 512-bit registers; leaf 7, subleaf 1, bit 5 of EAX is AVX512_BF16 (Intel SDM, CPUID)
    static bool InProcessor => Avx512F.IsSupported
        && X86Base.CpuId(0, 0).Eax >= 7 && X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & 1 << 5) != 0;

    static nint Executable(byte[] code, out string? whyNot)
    {
        const int read = 1, write = 2, execute = 4, privateAnonymous = 0x22;
        whyNot = null;
        try
        {
            nint at = Map(0, (nuint)code.Length, read | write, privateAnonymous, -1, 0);
            if (at == -1) whyNot = $"the system gives no memory for machine code (mmap: error {Marshal.GetLastPInvokeError()})";
            else
            {
                code.CopyTo(new Span<byte>((void*)at, code.Length));
                if (Protect(at, (nuint)code.Length, read | execute) == 0) return at;
                whyNot = $"the system does not let the program make memory executable (mprotect: error {Marshal.GetLastPInvokeError()})";
                _ = Unmap(at, (nuint)code.Length);
            }
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            whyNot = "the system's library has no mmap and mprotect";
        }
        return 0;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);

    const int Rax = 0, Rcx = 1, Rdx = 2, Rsi = 6, Rdi = 7, R10 = 10, R11 = 11;   // the processor's numbers for its registers

    // The function for a number of rows. In: rdi a, rsi its step, rdx b, rcx c, r8 its step, r9 pairs; on the stack from and its step.
    // zmm0 to zmm23 hold c, three vectors a row; zmm24 to zmm26 hold b; zmm27 to zmm30 a pair of a each.
    static nint Append(List<byte> code, int rows)
    {
        Align(code, 64);
        nint start = code.Count;
        code.AddRange([0xF3, 0x0F, 0x1E, 0xFA]);                 // endbr64: calls through a pointer may land here
        code.AddRange([0x4C, 0x8B, 0x5C, 0x24, 0x08]);           // mov r11, [rsp + 8]: from
        code.AddRange([0x48, 0x8B, 0x44, 0x24, 0x10]);           // mov rax, [rsp + 16]: its step
        for (int row = 0; row < rows; row++)
        {
            for (int j = 0; j < 3; j++) Load(code, 3 * row + j, R11, 64 * j);
            code.AddRange([0x49, 0x01, 0xC3]);                   // add r11, rax
        }
        code.AddRange([0x48, 0x8D, 0x04, 0x76]);                 // lea rax, [rsi + 2 rsi]: three steps of a
        code.AddRange([0x4C, 0x8D, 0x14, 0xB7]);                 // lea r10, [rdi + 4 rsi]: the fifth row of a
        code.AddRange([0x4D, 0x85, 0xC9]);                       // test r9, r9
        int over = Jump(code, 0x84);                             // jz to the end: no pairs
        Align(code, 64);
        int loop = code.Count;
        for (int j = 0; j < 3; j++) Load(code, 24 + j, Rdx, 64 * j);
        for (int row = 0; row < rows; row++)
        {
            Broadcast(code, 27 + row % 4, row < 4 ? Rdi : R10, row % 4);
            for (int j = 0; j < 3; j++) Dot(code, 3 * row + j, 27 + row % 4, 24 + j);
        }
        code.AddRange([0x48, 0x81, 0xC2, 192, 0, 0, 0]);         // add rdx, 192: the next pair of b
        code.AddRange([0x48, 0x83, 0xC7, 4]);                    // add rdi, 4: the next pair of a
        code.AddRange([0x49, 0x83, 0xC2, 4]);                    // add r10, 4
        code.AddRange([0x49, 0xFF, 0xC9]);                       // dec r9
        Land(code, Jump(code, 0x85), loop);                      // jnz to the loop
        Land(code, over, code.Count);
        for (int row = 0; row < rows; row++)
        {
            for (int j = 0; j < 3; j++) Store(code, 3 * row + j, Rcx, 64 * j);
            code.AddRange([0x4C, 0x01, 0xC1]);                   // add rcx, r8
        }
        code.AddRange([0xC5, 0xF8, 0x77]);                       // vzeroupper: code that follows may use older vector instructions
        code.Add(0xC3);                                          // ret
        return start;
    }

    static void Align(List<byte> code, int to)
    {
        while (code.Count % to != 0) code.Add(0x90);             // nop
    }

    // a conditional jump, 0F 84 (jz) or 0F 85 (jnz), whose distance is still to be said; where that stands
    static int Jump(List<byte> code, byte condition)
    {
        code.AddRange([0x0F, condition, 0, 0, 0, 0]);
        return code.Count - 4;
    }

    // the distance counts from after the jump
    static void Land(List<byte> code, int jump, int target) =>
        BitConverter.TryWriteBytes(CollectionsMarshal.AsSpan(code)[jump..], target - (jump + 4));

    // vmovups zmm, [base + displacement]: EVEX.512.0F.W0 10 /r
    static void Load(List<byte> code, int register, int at, int displacement) =>
        Memory(code, map: 1, prefix: 0, 0x10, register, at, null, displacement);

    // vmovups [base + displacement], zmm: EVEX.512.0F.W0 11 /r
    static void Store(List<byte> code, int register, int at, int displacement) =>
        Memory(code, map: 1, prefix: 0, 0x11, register, at, null, displacement);

    // vbroadcastss zmm, [base + 0, 1, 2 or 3 steps]: EVEX.512.66.0F38.W0 18 /r
    static void Broadcast(List<byte> code, int register, int at, int steps) =>
        Memory(code, map: 2, prefix: 1, 0x18, register, at, steps switch { 0 => null, 1 => (Rsi, 0), 2 => (Rsi, 1), _ => (Rax, 0) }, 0);

    // vdpbf16ps sum, a, b: EVEX.512.F3.0F38.W0 52 /r
    static void Dot(List<byte> code, int sum, int a, int b)
    {
        Evex(code, map: 2, prefix: 2, sum, a, b & 8, b & 16);
        code.AddRange([0x52, (byte)(0xC0 | (sum & 7) << 3 | (b & 7))]);       // ModRM with mod 11: both are registers
    }

    // An instruction on a vector register and memory. ModRM with mod 10: a displacement of 32 bits follows;
    // with an index, rm 100 announces a SIB byte: index · 2^shift + base.
    static void Memory(
        List<byte> code, int map, int prefix, byte opcode, int register, int at, (int Register, int Shift)? index, int displacement)
    {
        Evex(code, map, prefix, register, second: 0, at & 8, index is { } i ? (i.Register & 8) << 1 : 0);
        code.Add(opcode);
        if (index is { } x)
            code.AddRange([(byte)(0x80 | (register & 7) << 3 | 4), (byte)(x.Shift << 6 | (x.Register & 7) << 3 | (at & 7))]);
        else code.Add((byte)(0x80 | (register & 7) << 3 | (at & 7)));
        code.AddRange(BitConverter.GetBytes(displacement));
    }

    // The four bytes before an AVX-512 opcode (Intel SDM vol. 2, 2.7): 62; R X B R' 0 map; W vvvv 1 prefix; z length b V' mask.
    // Bits 3 and 4 of register numbers stand here, inverted: of the first operand in R and R', of the second in vvvv and V',
    // of the third in B (bit 3) and X (bit 4; or bit 3 of an index). Length 10 is 512 bits; prefixes are 0 none, 1 66, 2 F3.
    static void Evex(List<byte> code, int map, int prefix, int first, int second, int thirdBit3, int thirdBit4) => code.AddRange([
        0x62,
        (byte)(((first & 8) == 0 ? 0x80 : 0) | (thirdBit4 == 0 ? 0x40 : 0)
            | (thirdBit3 == 0 ? 0x20 : 0) | ((first & 16) == 0 ? 0x10 : 0) | map),
        (byte)((~second & 15) << 3 | 4 | prefix),
        (byte)(2 << 5 | ((second & 16) == 0 ? 8 : 0)),
    ]);
}
