using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Heartwood.Bench.Harness;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Bench.Models;

/// <summary>
/// Work that is measured in a process of its own, since its memory is the question. Each piece prints its figures as one JSON
/// object.
/// </summary>
static class Alone
{
    /// <summary>The word that the program is started with for one piece of work.</summary>
    public const string Word = "alone";

    /// <summary>The steps at which the memory of many is looked at.</summary>
    public static IReadOnlyList<int> Looks { get; } = [1_000, 2_000, 5_000, 10_000];

    static readonly Dictionary<string, Func<string[], Dictionary<string, double>>> works = new(StringComparer.Ordinal)
    {
        ["load"] = Load,
        ["mask-steps"] = MaskSteps,
        ["many-steps"] = ManySteps,
        ["all"] = All,
    };

    /// <summary>Does one piece of work: its name, the number of threads, and its own arguments.</summary>
    public static int Run(string[] arguments, TextWriter output)
    {
        Machine.Threads = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        output.WriteLine(JsonSerializer.Serialize(works[arguments[0]](arguments[2..])));
        return 0;
    }

    /// <summary>Loading a folder: by how many bytes the process grows at the most.</summary>
    static Dictionary<string, double> Load(string[] arguments)
    {
        LoadedModel.Load(null);                                  // the code is compiled, the runtime has its memory
        long before = Programs.Resident().Now;
        IModel model = LoadedModel.Load(arguments[0]).Model;
        long most = Programs.Resident().Most;
        GC.KeepAlive(model);
        return new() { ["bytes"] = most - before };
    }

    /// <summary>Mask learning with sequences of 64 tokens: all the process's memory at the most.</summary>
    static Dictionary<string, double> MaskSteps(string[] arguments)
    {
        IModel model = LoadedModel.Load(arguments[0]).Model;
        PruningSearch search = SubnetworkEntries.Search(model, SequencesOf64(model, arguments[1]), Ablation.Zero(model.Universe(SubnetworkEntries.InPlay)));
        for (int step = 0; step < 3; step++) search.Advance();
        return new() { ["bytes"] = Programs.Resident().Most };
    }

    /// <summary>Ten thousand steps with the demo's model and pairs, whose lengths differ: memory at some of them.</summary>
    static Dictionary<string, double> ManySteps(string[] arguments)
    {
        LoadedModel demo = LoadedModel.Load(null);
        IReadOnlyList<Example> pairs = TrainingEntries.DemoPairs(demo, 2000);
        PruningSearch search = SubnetworkEntries.Search(demo.Model, pairs, Ablation.Zero(demo.Model.Universe(SubnetworkEntries.InPlay)), batch: 32);
        Dictionary<string, double> figures = [];
        while (search.Step < Looks[^1])
        {
            search.Advance();
            if (!Looks.Contains(search.Step)) continue;
            GC.Collect();
            figures[$"resident {search.Step}"] = Programs.Resident().Now;
            figures[$"held {search.Step}"] = Scope.BytesHeld;
        }
        return figures;
    }

    /// <summary>
    /// All that is done with a model: seconds of loading, of an evaluation, of a step of mask learning and of cutting, each the
    /// least of five, since what others take of the machine only adds; and the most memory.
    /// </summary>
    static Dictionary<string, double> All(string[] arguments)
    {
        IModel model = LoadedModel.Load(arguments[0]).Model;     // the code is compiled, the system has the file in memory
        IReadOnlyList<Example> examples = SequencesOf64(model, arguments[1]);
        Answers answers = new(examples);
        Ablation ablation = Ablation.Zero(model.Universe(SubnetworkEntries.InPlay));
        PruningSearch search = SubnetworkEntries.Search(model, examples, ablation);
        search.Advance();
        void Cut() => Cutting.Cut(model, SubnetworkEntries.EverySecond(model), ablation);
        double evaluate = Least(() => answers.Scores(model)), step = Least(() => search.Advance());
        Cut();
        double most = Programs.Resident().Most;                  // of everything once: what was cut or loaded again stays in memory
        double load = Least(() => LoadedModel.Load(arguments[0])), cut = Least(Cut);
        return new() { ["load"] = load, ["evaluate"] = evaluate, ["mask step"] = step, ["cut"] = cut, ["memory"] = most };
    }

    static IReadOnlyList<Example> SequencesOf64(IModel model, string tokens)
    {
        int count = int.Parse(tokens, CultureInfo.InvariantCulture) / 64;
        return Pairs.Examples([.. Enumerable.Repeat(64, count)], model);
    }

    // in memory that the process had before, where the collector has kept it: how long the system takes to hand out new pages
    // follows rules of its own
    static double Least(Action work) => Enumerable.Range(0, 5).Min(_ =>
    {
        GC.Collect();
        long began = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    });
}
