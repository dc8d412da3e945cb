using System.Diagnostics;
using Heartwood.Tests.Lab;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests;

/// <summary>The programs in samples/, run as a user of the library would: next to the sources, and on the packages.</summary>
public sealed class SampleTests(PackedLibrary packed) : IClassFixture<PackedLibrary>, IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    [Theory, InlineData("predict"), InlineData("ablate"), InlineData("lens"), InlineData("patch"), InlineData("find-cut-heal")]
    public void A_sample_runs_next_to_the_sources(string name)
    {
        string file = Path.Combine(HouseTests.Root, "samples", $"{name}.cs");
        Check(name, Ran(HouseTests.Root, ["run", file, "--", .. ArgumentsOf(name)]));
    }

    [Theory, InlineData("predict"), InlineData("ablate"), InlineData("lens"), InlineData("patch"), InlineData("find-cut-heal")]
    public void A_sample_runs_on_the_packages_in_an_empty_folder(string name)
    {
        string folder = temporary.At(name), file = Path.Combine(folder, $"{name}.cs");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "nuget.config"), packed.Config);
        string source = File.ReadAllText(Path.Combine(HouseTests.Root, "samples", $"{name}.cs"));
        Assert.StartsWith("#:project ../src/Lab/Lab.csproj", source);
        File.WriteAllText(file, source.Replace("#:project ../src/Lab/Lab.csproj", $"#:package Heartwood@{packed.Version}"));
        Check(name, Ran(folder, ["run", file, "--", .. ArgumentsOf(name)]));
    }

    [Fact]
    public void The_code_of_the_library_s_page_is_a_program_that_compiles()
    {
        string[] page = File.ReadAllLines(Path.Combine(HouseTests.Root, "docs", "library.md"));
        List<string> first = [$"#:package Heartwood@{packed.Version}"], statements = [], types = [], into = statements;
        bool inside = false;
        foreach (string line in page)
        {
            if (line is "```csharp" or "```") (inside, into) = (line == "```csharp", statements);
            else if (inside && line.StartsWith("using Heartwood", StringComparison.Ordinal)) first.Add(line);
            else if (inside)
            {
                if (line.StartsWith("sealed class ", StringComparison.Ordinal)) into = types;      // to the end of its block
                into.Add(line);
            }
        }
        Assert.Contains("Tensor logits", string.Join('\n', statements));
        Assert.Contains(types, line => line.Contains("IFinder", StringComparison.Ordinal));
        string folder = temporary.At("page"), file = Path.Combine(folder, "page.cs");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "nuget.config"), packed.Config);
        File.WriteAllLines(file, [.. first, .. statements, .. types]);
        Ran(folder, ["build", file, "-v", "quiet"]);
    }

    [Fact]
    public void The_packages_say_what_they_are_and_bring_documentation_and_symbols()
    {
        foreach (var (package, assembly) in new[] { ("Heartwood", "Heartwood.Lab"), ("Heartwood.Tensors", "Heartwood.Tensors") })
        {
            using var opened = System.IO.Compression.ZipFile.OpenRead(Path.Combine(packed.Folder, $"{package}.{packed.Version}.nupkg"));
            string[] files = [.. opened.Entries.Select(e => e.FullName)];
            Assert.Contains($"lib/net10.0/{assembly}.dll", files);
            Assert.Contains($"lib/net10.0/{assembly}.xml", files);
            Assert.Contains("library.md", files);
            using StreamReader about = new(opened.GetEntry($"{package}.nuspec")!.Open());
            string said = about.ReadToEnd();
            Assert.Contains("<license type=\"expression\">MIT</license>", said);
            Assert.Contains("<readme>library.md</readme>", said);
            Assert.DoesNotContain("Package Description", said);
            Assert.True(File.Exists(Path.Combine(packed.Folder, $"{package}.{packed.Version}.snupkg")));
        }
    }

    string[] ArgumentsOf(string name) => name switch
    {
        "lens" => [SmallSpeaker.In(temporary.At("speaker")), "the"],
        "find-cut-heal" => [temporary.At("healed"), "4"],
        _ => [],
    };

    void Check(string name, string said)
    {
        switch (name)
        {
            case "predict":
                Assert.Contains("the embedded model: bert, 4 layers", said);
                Assert.Matches(@"\nnon-entailment +0\.9\d\d|\nnon-entailment +1\.000", said);
                break;
            case "ablate":
                Assert.Equal(1 + 32, said.Trim().Split('\n').Length);
                Assert.Contains("without L3.H7:", said);
                break;
            case "lens":
                Assert.Contains("after layer 0: '", said);
                Assert.Equal(LastLine(said)[15..], said.Trim().Split('\n')[^2][15..]);
                break;
            case "patch":
                Assert.Matches(@"L\d\.(H\d|MLP) +brings back", said);
                break;
            default:
                Assert.Contains("18 of 36 parts", said);
                Assert.Matches(@"\nhealed +\d", said);
                Assert.True(File.Exists(Path.Combine(temporary.At("healed"), "model.safetensors")));
                break;
        }
    }

    static string LastLine(string said) => said.Trim().Split('\n')[^1];

    internal static string Ran(string folder, string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{output.Result}\n{error.Result}");
        return output.Result;
    }
}

/// <summary>The two packages, packed once, and a nuget.config that finds them.</summary>
public sealed class PackedLibrary : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public PackedLibrary()
    {
        foreach (string project in (string[])["src/Tensors", "src/Lab"])
            SampleTests.Ran(HouseTests.Root, ["pack", project, "-c", Configuration, "--no-build", "-o", Folder, "-v", "quiet"]);
        Version = Path.GetFileNameWithoutExtension(Directory.GetFiles(Folder, "Heartwood.Tensors.*.nupkg").Single())["Heartwood.Tensors.".Length..];
    }

    public string Folder => temporary.At("packages");

    public string Version { get; }

    // other packages are taken from where the build took them; these go into a cache of their own, so that an older one of the same
    // version cannot stand in for them
    public string Config => $"""
        <configuration>
          <config><add key="globalPackagesFolder" value="{temporary.At("cache")}" /></config>
          <packageSources><add key="packed" value="{Folder}" /></packageSources>
          <fallbackPackageFolders><add key="built" value="{Cache}" /></fallbackPackageFolders>
        </configuration>
        """;

    static string Cache => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public void Dispose() => temporary.Dispose();
}
