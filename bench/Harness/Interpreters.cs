using System.Diagnostics;

namespace Heartwood.Bench.Harness;

/// <summary>The Python that has PyTorch, and the Node that has ONNX Runtime and tokenizers.</summary>
static class Interpreters
{
    static string? python;
    static string? node;

    /// <summary>The first Python that imports torch.</summary>
    /// <exception cref="PeerException">there is none</exception>
    public static string Python()
    {
        string[] candidates = ["/usr/bin/python3", "python3", "python"];
        return python ??= candidates.FirstOrDefault(c => Run(c, null, "-c", "import torch").Succeeded)
            ?? throw new PeerException("no python3 imports torch; on Debian: apt install python3-torch libopenblas0-openmp");
    }

    /// <summary>Node, with the packages of the folder installed as its lock file says.</summary>
    /// <exception cref="PeerException">there is no Node, or the packages cannot be had</exception>
    public static string Node(string folder)
    {
        if (node is not null) return node;
        if (!Run("node", null, "--version").Succeeded) throw new PeerException("there is no node on PATH; install Node 20 or later");
        string[] packages = ["onnxruntime-node", "tokenizers"];
        if (!packages.All(package => Directory.Exists(Path.Combine(folder, "node_modules", package))))
        {
            var (installed, said) = Run("npm", folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund");
            if (!installed) throw new PeerException($"npm ci in bench/peers failed: {said}");
        }
        return node = "node";
    }

    static (bool Succeeded, string Said) Run(string program, string? folder, params string[] arguments)
    {
        try
        {
            ProcessStartInfo start = new(program, arguments)
            {
                WorkingDirectory = folder ?? "",
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            };
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            process.WaitForExit();
            return (process.ExitCode == 0, (error.Result + output.Result).Trim().ReplaceLineEndings(" "));
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (false, e.Message);
        }
    }
}

/// <summary>The repository that the program was built in.</summary>
static class Repository
{
    static readonly Lazy<string> root = new(() =>
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder, "Heartwood.slnx")))
            folder = System.IO.Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException(
            $"No Heartwood.slnx above {AppContext.BaseDirectory}: the benchmark reads the repository that it was built in.");
    });

    /// <summary>A path inside it.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([root.Value, .. parts]);
}
