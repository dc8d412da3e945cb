using System.CommandLine;
using Heartwood.Lab.Studies;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood demo</c>: the whole job on the embedded model and the made-up language.</summary>
static class DemoVerb
{
    const string Folder = "heartwood-demo";

    /// <summary>The verb.</summary>
    public static Verb Create()
    {
        Verb verb = new("demo",
            "Shows the heuristic core, from search to report, on the small BERT that comes with the program, in about a minute. "
                + $"Needs no file; without --out it writes to {Folder}.",
            "demo --out runs/demo", "demo --sparsity 0.6 0.5 --out runs/two-sizes")
        {
            Resumes = true,
            TakesOut = true,
            Run = (parsed, session) => FindVerb.Begin(
                parsed, session, StudyOptions.With(parsed, EmbeddedStudy.Study), RunSupport.OutOf(parsed, Folder), toTheEnd: true),
        };
        foreach (Option option in StudyOptions.Search.Append(QuestionOptions.Ask)) verb.Options.Add(option);
        return verb;
    }
}
