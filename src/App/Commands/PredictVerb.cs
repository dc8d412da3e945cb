using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Predictions;
using Heartwood.Lab.Json;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood predict</c>: what a model says of a text or of a file's rows, or where two models differ.</summary>
static class PredictVerb
{
    static readonly Option<string[]> models = RunSupport.Several("--model",
        "Folder of the model, or of two, whose answers are compared; without it the embedded one.", "FOLDER");
    static readonly Option<string?> text = new("--text")
    {
        Description = "A text: a classifier gives its labels' probabilities, a model of scores its number, a language model what comes "
            + "next, a model of masked words what [MASK] hides.",
        HelpName = "TEXT",
    };
    static readonly Option<string?> pair = new("--pair")
    {
        Description = "The second sentence of --text; a language model says which of the two is likelier.",
        HelpName = "TEXT",
    };
    static readonly Option<string[]> data = RunSupport.Several("--data",
        $"Files of rows to predict: FILE[,key=value…], several in a row, or {DataSource.WorldShort}. Labels may be missing; of a "
            + $".txt file a classifier reads every line. {DataSource.MoreHelp}", "DATA");
    static readonly Option<bool> unlabelled =
        new("--no-labels") { Description = "Do not look at the data's labels, which may be others than the model's." };
    static readonly Option<int?> top = SharedOptions.NumberOrNone("--top",
        "How many of the likeliest tokens to show; without it 5, and none after running text of a file.", "N", 1, 1000);
    static readonly Option<string?> mask = new("--mask", "--only")
    {
        Description = $"A subnetwork to stand next to the whole model: {Masks.Named}.",
        HelpName = "MASK",
    };
    static readonly Option<string?> without = new("--without")
    {
        Description = "Parts to ablate, with commas, as L3.H7,L2.MLP: what is left stands next to the whole model.",
        HelpName = "PARTS",
    };
    static readonly Option<string?> examples = new("--examples")
    {
        Description = $"Write every row into a file: {ExampleFile.Named}. On the screen stand the first rows only.",
        HelpName = "FILE",
    };

    /// <summary>The verb.</summary>
    public static Verb Create() => new("predict",
        "Says what a model makes of a text or of every row of a file; of two models (or a model and its subnetwork) the rows on which they "
            + "differ first, how many these are, and which of the two is right.",
        "predict --text \"the queen saw the poet\" --pair \"the poet saw the queen\"",
        "predict --model models/mnli --data mnli/dev.tsv --examples predicted.jsonl",
        "predict --model models/mnli runs/mnli/cut --data hans.tsv "
            + "--label-map \"neutral>non-entailment|contradiction>non-entailment\"",
        "predict --model models/stories15M --text \"Once upon a\" --without L0.H5,L2.MLP")
    {
        Options =
        {
            models, text, pair, data, unlabelled, StudyOptions.Map, StudyOptions.MaxLength, mask, without, MaskVerb.Ablation,
            MaskVerb.OtherModel, top, examples, StudyOptions.Precision
        },
        Computes = true,
        Run = Run,
    };

    static void Run(ParseResult p, Session session)
    {
        RunSupport.UseThreads(p);
        if (p.GetValue(mask) is null) RunSupport.RefuseIdle(p, "without --mask", MaskVerb.OtherModel);
        if (p.GetValue(mask) is null && p.GetValue(without) is null)
            RunSupport.RefuseIdle(p, "without --mask or --without", MaskVerb.Ablation);
        if (p.GetValue(text) is not null) RunSupport.RefuseIdle(p, "of a --text", unlabelled);
        PredictionRequest request = new(p.GetValue(models)!)
        {
            Text = p.GetValue(text),
            Pair = p.GetValue(pair),
            Data = p.GetValue(data)!,
            LabelMap = p.GetValue(StudyOptions.Map)!,
            IgnoreLabels = p.GetValue(unlabelled),
            Mask = p.GetValue(mask),
            Without = p.GetValue(without),
            OtherModel = p.GetValue(MaskVerb.OtherModel),
            Ablation = p.GetValue(MaskVerb.Ablation),
            Top = p.GetValue(top),
            MostTokens = p.GetValue(StudyOptions.MaxLength),
            Precision = p.GetValue(StudyOptions.Precision) == "bf16" ? Precision.Bf16 : Precision.Float32,
            Tenants = session.Tenants,
        };
        request.Check();
        string? file = p.GetValue(examples);
        if (file is not null) ExampleFile.Check(file);
        RunSupport.Tell(session, request.Precision);
        PredictedRows made = PredictedRows.Ask(request, session.Progress, session.Stop, session.World.Say);
        if (file is not null)
        {
            ExampleFile.Write(file, made.InOrder);
            session.World.Say($"{made.InOrder.Count:N0} rows are in {Path.GetFullPath(file)}.");
        }
        session.Result(() => JsonSerializer.Serialize(made, JsonWriting.Published),
            () => PredictionSummary.InWords(made, request.Text is null));
    }
}
