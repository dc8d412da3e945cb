using System.Text.Json;
using System.Text.Json.Nodes;

namespace Heartwood.Bench.Harness;

/// <summary>What a peer is asked to do in a case.</summary>
/// <param name="Program">the program that does it</param>
/// <param name="Request">the case and its sizes, as the program reads them</param>
sealed record Peer(PeerProgram Program, JsonObject Request)
{
    /// <summary>The column that it is shown in.</summary>
    public string Name { get; init; } = Program.Name;

    /// <summary>The environments that are tried; the fastest is measured.</summary>
    public IReadOnlyList<PeerEnvironment> Environments { get; init; } = Program.Environments;

    /// <summary>PyTorch.</summary>
    /// <param name="name">the case's function in peers/*.py</param>
    /// <param name="sizes">what it reads</param>
    public static Peer Torch(string name, object sizes) => new(PeerProgram.Torch, Body(name, sizes));

    /// <summary>ONNX Runtime.</summary>
    /// <param name="name">the case's function in peers/*.mjs</param>
    /// <param name="sizes">what it reads</param>
    public static Peer Onnx(string name, object sizes) => new(PeerProgram.Onnx, Body(name, sizes));

    static JsonObject Body(string name, object sizes)
    {
        JsonObject body = JsonSerializer.SerializeToNode(sizes, Json.Options)!.AsObject();
        body.Insert(0, "case", name);
        return body;
    }
}

/// <summary>Variables that a peer's process starts with.</summary>
/// <param name="Name">in words, for the table; empty for the plain one</param>
/// <param name="Variables">name and value, next to those that every process of the program gets</param>
sealed record PeerEnvironment(string Name, params (string Name, string Value)[] Variables);

/// <summary>A program that is measured against us, and how it is started.</summary>
/// <param name="Name">as tables name it</param>
/// <param name="Script">in bench/peers</param>
/// <param name="Environments">what is tried of it</param>
sealed record PeerProgram(string Name, string Script, params PeerEnvironment[] Environments)
{
    // glibc hands large blocks back to the system and takes them anew, page by page, unless it is told to keep them
    static readonly (string, string)[] keepingMemory =
    [
        ("MALLOC_MMAP_MAX_", "0"),
        ("MALLOC_TRIM_THRESHOLD_", "17179869184"),
        ("MALLOC_TOP_PAD_", "268435456"),
        ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"),
    ];

    /// <summary>
    /// PyTorch. Its own kernels come in AVX2 by default and in AVX-512 on request, and either may be the faster;
    /// OpenBLAS up to 0.3.21 does not know AMD's processors with AVX-512 and is told.
    /// </summary>
    public static PeerProgram Torch { get; } = new("torch", "torch_peer.py", Wide
        ? [new("", [.. keepingMemory, CoreType]), new("AVX-512", [.. keepingMemory, CoreType, ("ATEN_CPU_CAPABILITY", "avx512")])]
        : [new("", keepingMemory)]);

    /// <summary>PyTorch's process with OpenBLAS held to its kernels for AVX2.</summary>
    public static PeerEnvironment OpenBlasHaswell { get; } = new("Haswell", [.. keepingMemory, ("OPENBLAS_CORETYPE", "Haswell")]);

    /// <summary>ONNX Runtime in Node.</summary>
    public static PeerProgram Onnx { get; } = new("onnxruntime", "onnx_peer.mjs", new PeerEnvironment(""));

    static bool Wide => System.Runtime.Intrinsics.X86.Avx512F.IsSupported;

    static (string, string) CoreType => ("OPENBLAS_CORETYPE", "SkylakeX");
}
