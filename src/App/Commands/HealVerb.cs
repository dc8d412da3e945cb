using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Json;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Training.Objectives;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood heal RUN</c>: trains the cut of a run for a short while, next to what could have done as well.</summary>
static class HealVerb
{
    static readonly HealRequest usual = new();

    static readonly Argument<string> run = new("RUN") { Description = "The run's folder, as find or demo made it." };
    /// <summary>How long to train.</summary>
    public static readonly Option<int> Steps = SharedOptions.Number("--steps", "Steps of each training.", usual.Steps, 1);
    /// <summary>What to train on.</summary>
    public static readonly Option<string[]> Losses = RunSupport.Several("--loss",
        "Terms of the loss with their weights, as outputs=0.9,labels=0.1,temperature=2; several losses in a row are tried side by side, "
            + $"the first makes RUN/{Study.HealedFolder}. "
            + $"{string.Join("; ", LossTerms.Known.Select(term => $"{term.Key}: {term.Value}"))}. "
            + $"{LossTerms.Settings}. The run's full model is the teacher. "
            + "Without it outputs=1,temperature=2; labels alone stand beside whatever is asked.", "TERMS");
    static readonly Option<string> seeds = new("--seeds")
    {
        Description = "Seeds of the order of the training data, a training for each: 0-2, or 1,4.",
        HelpName = "LIST",
        DefaultValueFactory = _ => "0",
    };
    static readonly Option<double> rate = SharedOptions.Number("--learning-rate",
        "Highest learning rate; 0 for 5e-5 times BERT-base's width over the model's.", 0.0, 0);
    static readonly Option<string[]> teachers = RunSupport.Several("--teacher",
        "Other teachers of the cut, next to the full model: "
        + $"folders of models of the same kind (a checkpoint of its training, say), or {HealedFacts.Untrained}: of random weights. "
        + $"Several with + between them, {Teachers.Full} for the full model among them, teach together: the loss is its mean over them.",
        "TEACHER");
    static readonly Option<int> sampled = SharedOptions.Number("--sampled",
        "Texts that the full model, a language model, writes for the others to be trained on, in place of the run's data; 0 for none.",
        0, 0);
    static readonly Option<bool> all = new("--all")
    {
        Description = "Heal every subnetwork of the run's first sparsity, not the cut alone.",
    };
    static readonly Option<bool> scratch = new("--scratch")
    {
        Description = "Train the architecture of the cut from scratch as long, next to it.",
    };

    /// <summary>The verb.</summary>
    public static Verb Create() => new("heal",
        "Trains the cut of a run for a short while on the run's own data, "
            + $"into RUN/{Study.HealedFolder}, and tables it before and "
            + "after, in and out of domain, beside labels alone and beside a random cut of the same size that is trained as long. "
            + "What was trained before is not trained again.",
        "heal runs/found", "heal runs/found --loss outputs,temperature=2 relations,outputs --seeds 0-2",
        "heal runs/found --all --scratch --steps 400")
    {
        Arguments = { run },
        Refused = StageVerbs.KeptByTheRun,
        Options = { Losses, Steps, seeds, rate, teachers, sampled, all, scratch },
        Resumes = true,
        Computes = true,
        Run = (parsed, session) =>
        {
            HealRequest request = Parse(parsed);
            request.Check();                                     // before the run is read
            StageVerbs.In(parsed, session, (study, folder) =>
            {
                Result result = study.Heal(request, session.World.Say);
                string page = Report.Write(folder.FolderPath, result);
                Findings findings = new(result);
                HealingFacts facts = result.Facts<HealingFacts>() ?? throw new InvalidOperationException("Nothing was healed.");
                session.Headline = string.Join(' ', findings.WordsOf<HealingFacts>().Split('\n').Take(2));
                session.Result(
                    () => JsonSerializer.Serialize(new { candidates = findings.Candidates, healing = facts }, JsonWriting.Published),
                    () => CandidateWords.Table(findings.Candidates, findings.Failed) + findings.WordsOf<HealingFacts>()
                        + $"The healed cut is in {folder.PathOf(Study.HealedFolder)}\nReport: {page}");
            }, parsed.GetRequiredValue(run));
        },
    };

    static HealRequest Parse(ParseResult p)
    {
        string[] asked = p.GetValue(Losses) is { Length: > 0 } given ? given : [HealRequest.UsualLoss];
        return new()
        {
            Steps = p.GetValue(Steps),
            Losses = asked.Any(loss => loss is "labels" or "labels=1") ? asked : [.. asked, "labels"],
            Seeds = StudyOptions.SeedsOf("--seeds", p.GetValue(seeds)!),
            LearningRate = p.GetValue(rate),
            Teachers = p.GetValue(teachers)!,
            Sampled = p.GetValue(sampled),
            All = p.GetValue(all),
            Scratch = p.GetValue(scratch),
        };
    }
}
