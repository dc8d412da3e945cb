using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Heartwood.Tests;

/// <summary>The rules of the house that no compiler knows. Each failure names the file, the line and the rule.</summary>
public partial class HouseTests
{
    const int MostLines = 500, MostColumns = 140;

    /// <summary>The folders of src/Lab, left to right: a folder may use those before it and itself, none behind it.</summary>
    static readonly string[] leftToRight =
        ["Json", "Runs", "Checkpoints", "Tokenizers", "Probes", "Models", "Subnetworks", "Quantization", "Tasks", "Training", "Discovery", "Evaluation", "Comparison",
            "Changes", "Exports", "Charts", "Questions", "Studies", "Reports"];

    static readonly string[] projects = ["src/Tensors/Tensors.csproj", "src/Lab/Lab.csproj", "src/App/App.csproj"];

    internal static string Root { get; } = FindRoot();

    [Fact]
    public void Projects_depend_one_way_Tensors_then_Lab_then_App()
    {
        for (int i = 0; i < projects.Length; i++)
        {
            string[] used = [.. XDocument.Load(Path.Combine(Root, projects[i])).Descendants("ProjectReference")
                .Select(r => Relative(Path.Combine(Root, Path.GetDirectoryName(projects[i])!, r.Attribute("Include")!.Value)))];
            Assert.Equal(i == 0 ? [] : [projects[i - 1]], used);
        }
    }

    [Fact]
    public void Every_folder_of_the_lab_has_its_place_from_left_to_right() =>
        Assert.Equal(leftToRight.Order(), Directory.GetDirectories(Path.Combine(Root, "src/Lab")).Select(d => Path.GetFileName(d)!).Except(["bin", "obj"]).Order());

    [Fact]
    public void Inside_the_lab_left_never_uses_right()
    {
        List<string> wrong = [];
        foreach (string file in Sources("src/Lab"))
        {
            int own = Array.IndexOf(leftToRight, FolderOf(file));             // −1 for what stands beside the folders: it may use none of them
            foreach (var (line, number) in Lines(file))
                foreach (Match use in Qualified().Matches(line))
                    if (Array.IndexOf(leftToRight, use.Groups["folder"].Value) > own) wrong.Add($"{Relative(file)}:{number}: {(own < 0 ? "the lab's root" : leftToRight[own])} may not use {use.Groups["folder"].Value}");
        }
        None(wrong);
    }

    [Fact]
    public void A_file_of_the_lab_is_in_the_namespace_of_its_folder() => None(Sources("src/Lab")
        .Select(file => (File: file, Wanted: $"namespace {string.Join('.', (string[])["Heartwood.Lab", .. Path.GetDirectoryName(Relative(file))!.Split('/')[2..]])};"))
        .Where(f => !Lines(f.File).Any(l => l.Text == f.Wanted)).Select(f => $"{Relative(f.File)}: expected '{f.Wanted}'"));

    [Fact]
    public void No_project_hands_out_usings_that_the_files_do_not_show() => None(Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
        .Where(p => XDocument.Load(p).Descendants("Using").Any()).Concat(Sources("src").Where(f => Lines(f).Any(l => l.Text.StartsWith("global using", StringComparison.Ordinal)))));

    [Fact]
    public void Models_never_mention_a_mask_but_for_words_that_a_head_guesses() =>
        None(Mentions("src/Lab/Models", new Regex("mask(?!edLM|ed ?words)", RegexOptions.IgnoreCase)));

    /// <summary>
    /// Who may ask whether a part is a head or an MLP block: the kinds' own files, formats and names of others that know these two alone,
    /// and questions about heads.
    /// </summary>
    static readonly string[] knowHeads =
        ["Subnetworks/Heads.cs", "Subnetworks/Mlps.cs", "Subnetworks/AttentionBlocks.cs", "Subnetworks/Layers.cs", "Subnetworks/Neurons.cs",
            "Subnetworks/PartKinds.cs", "Subnetworks/ModelSizes.cs", "Subnetworks/Edge.cs", "Subnetworks/Formats/MibCircuit.cs",
            "Subnetworks/Formats/PrunedHeads.cs", "Subnetworks/Formats/PartNames.cs", "Evaluation/Looks/", "Questions/"];

    [Fact]
    public void Nobody_asks_of_which_kind_a_part_is_but_the_kinds_themselves()
    {
        Regex asked = new(@"\bPartKind\.\w|\b(?:Heads|Mlps|AttentionBlocks|Layers|Neurons)\.Kind\b|\.Kind\s*(?:==|!=|is)\s*""(?:H|MLP|ATT|N|)""");
        None(Mentions("src/Lab", asked).Where(mention => !mention.Contains("///") && !knowHeads.Any(known => mention.StartsWith($"src/Lab/{known}", StringComparison.Ordinal))));
    }

    [Fact]
    public void Discovery_never_mentions_a_model_family()
    {
        string[] families = [.. Sources("src/Lab/Models").SelectMany(Lines).Select(l => Family().Match(l.Text)).Where(m => m.Success).Select(m => m.Groups[1].Value)];
        Assert.Contains("Bert", families);
        None(Mentions("src/Lab/Discovery", new Regex($@"\b(?:{string.Join('|', families)})", RegexOptions.IgnoreCase)));
    }

    [Fact]
    public void The_program_has_one_backend_and_only_tests_and_benchmarks_choose_another() =>
        None(Mentions("src", new Regex(@"\bMachine\.Using\(")).Where(mention => !mention.StartsWith("src/Tensors/Parallelism.cs:", StringComparison.Ordinal)));

    [Fact]
    public void No_file_is_longer_than_500_lines() => None(Written("*.cs", "*.js", "*.css")
        .Select(f => (File: f, Lines: File.ReadLines(f).Count())).Where(f => f.Lines > MostLines).Select(f => $"{Relative(f.File)}: {f.Lines} lines; divide it"));

    [Fact]
    public void No_line_of_src_is_wider_than_140_columns() => None(Sources("src").SelectMany(file => Lines(file)
        .Where(line => line.Text.Length > MostColumns)
        .Select(line => $"{Relative(file)}:{line.Number}: {line.Text.Length} columns; break the line")));

    [Fact]
    public void No_method_of_src_is_called_Of_and_nothing_else() => None(Mentions("src", new Regex(@"\bOf(?:<[^>]*>)?\("))
        .Select(mention => $"{mention} (give the method a name that can be searched for)"));

    [Fact]
    public void A_name_that_is_not_known_is_refused_in_one_wording() =>
        None(Mentions("src", new Regex(@"Did you mean |Nearest: ")).Where(mention => !mention.StartsWith("src/Lab/Nearest.cs:", StringComparison.Ordinal)));

    [Fact]
    public void Parts_are_ablated_and_never_absent_and_what_stands_in_for_them_is_no_leaving_behind() => None(Mentions("src",
        new Regex(@"\babsent (?:part|head|MLP|neuron|block)|\b(?:part|head|MLP|neuron|block)s? (?:is|are) absent|\babsence\b|\b(?:leaves?|left) behind\b", RegexOptions.IgnoreCase)));

    [Fact]
    public void Folders_are_nouns_of_the_subject()
    {
        string[] folders = [.. Written("*").SelectMany(f => Path.GetDirectoryName(Relative(f))!.Split('/')).Distinct()];
        None(folders.Intersect(["Utils", "Helpers", "Common", "Core", "Abstractions", "Extensions"]));
    }

    [Fact]
    public void No_file_names_a_place_of_the_machine_that_it_was_written_on() => None(
        Written("*.cs", "*.md", "*.csproj", "*.props", "*.py", "*.mjs", "*.js", "*.css", "run").SelectMany(f => Lines(f).Where(l => Place().IsMatch(l.Text)).Select(l => $"{Relative(f)}:{l.Number}: {l.Text.Trim()}")));

    [Fact]
    public void Code_that_the_pages_quote_is_the_code()
    {
        List<string> wrong = [];
        foreach (string page in Pages())
        {
            string? quoted = null;
            foreach (var (line, number) in Lines(page))
            {
                if (line.StartsWith("```", StringComparison.Ordinal)) quoted = quoted is null && line.Split(' ') is ["```csharp", var file] ? file : null;
                else if (quoted is not null && line.Trim() is not ("" or "…") && !Lines(Path.Combine(Root, quoted)).Any(l => l.Text.Trim() == line.Trim()))
                    wrong.Add($"{Relative(page)}:{number}: {quoted} has no line '{line.Trim()}'");
            }
        }
        None(wrong);
    }

    [Fact]
    public void Files_that_the_pages_name_exist() => None(Pages().SelectMany(page => Lines(page)
        .SelectMany(l => Named().Matches(l.Text).Select(m => m.Groups["path"].Value).Where(path => !Path.Exists(Path.Combine(Root, path)) && !Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, path)))
        .Select(path => $"{Relative(page)}:{l.Number}: there is no {path}"))));

    [Fact]
    public void Every_door_of_the_tour_is_used_by_a_test_that_it_names()
    {
        string tour = Path.Combine(Root, "docs", "tour.md");
        string[] doors = [.. Lines(tour).SkipWhile(l => l.Text != "## Where to change what").Select(l => l.Text)
            .Where(text => text.StartsWith("| ", StringComparison.Ordinal))];
        Assert.True(doors.Length > 15);
        None(doors.Skip(2).Where(door => !door.Contains("`tests/")).Select(door => $"docs/tour.md: no test is named for {door}"));
    }

    static IEnumerable<string> Pages() => Written("*.md").Where(f => Relative(f) == "README.md" || Relative(f).StartsWith("docs/", StringComparison.Ordinal));

    static IEnumerable<string> Mentions(string folder, Regex of) =>
        Sources(folder).SelectMany(f => Lines(f).Where(l => of.IsMatch(l.Text)).Select(l => $"{Relative(f)}:{l.Number}: {l.Text.Trim()}"));

    // Assert.Empty would cut the names short
    static void None(IEnumerable<string> wrong)
    {
        string[] all = [.. wrong];
        Assert.True(all.Length == 0, string.Join('\n', all));
    }

    static string FolderOf(string file) => Relative(file).Split('/')[2];

    static string Relative(string path) => Path.GetRelativePath(Root, Path.GetFullPath(path)).Replace('\\', '/');

    static IEnumerable<(string Text, int Number)> Lines(string file) => File.ReadLines(file).Select((text, i) => (text, i + 1));

    static IEnumerable<string> Sources(string folder) => Written("*.cs").Where(f => Relative(f).StartsWith($"{folder}/", StringComparison.Ordinal));

    /// <summary>Files that people wrote: not what builds, packages and git keep.</summary>
    static IEnumerable<string> Written(params string[] patterns) => patterns.SelectMany(p => Directory.EnumerateFiles(Root, p, SearchOption.AllDirectories))
        .Where(f => !Relative(f).Split('/').Any(folder => folder is "bin" or "obj" or ".git" or "node_modules" or "out" or "runs" or "demo" or "heartwood-demo"));

    static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Heartwood.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException($"No Heartwood.slnx above {AppContext.BaseDirectory}: these tests read the repository that they were built in.");
    }

    // Heartwood.Lab.Models, Lab.Models.Bert or, as the compiler allows inside the lab, Models.Bert; but no member of that name
    [GeneratedRegex(@"(?<![\w.])(?:Heartwood\.Lab\.|Lab\.)(?<folder>[A-Z]\w*)|(?<![\w.])(?<folder>Json|Runs|Checkpoints|Tokenizers|Probes|Models|Subnetworks|Tasks|Training|Discovery|Evaluation|Comparison|Changes|Exports|Charts|Questions|Studies|Reports)\.[A-Z]\w*\b")]
    private static partial Regex Qualified();

    [GeneratedRegex(@"class (\w+)[^{]*: (?:IModel|FamilyModel)\b")]
    private static partial Regex Family();

    // `src/Lab/Models/Bert.cs`, [tour](docs/tour.md)
    [GeneratedRegex(@"`(?<path>(?:src|tests|docs|\.ci)/[\w./-]*)`|\]\((?<path>(?!https?:|#)[^)#]+)[^)]*\)")]
    private static partial Regex Named();

    [GeneratedRegex(@"/(?:work|farm|root|home|Users)/\w")]
    private static partial Regex Place();
}
