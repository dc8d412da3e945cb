using System.CommandLine;
using System.Globalization;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;
using Heartwood.Lab.Training.Objectives;
using static System.FormattableString;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood train</c>: fine-tunes a folder's model, or trains one of a size from nothing.</summary>
static class TrainVerb
{
    static readonly TrainingOptions standard = new();

    static readonly Option<string[]> data =
        RunSupport.Several("--data", $"Training data: FILE[,key=value…], several in a row, or {DataSource.WorldShort}. Running text trains "
        + "a language model, or the masked words of a bert: it is cut into windows (,window=N tokens, ,stride=N apart), shuffled anew in "
        + $"every epoch. {DataSource.MoreHelp}", "DATA");
    static readonly Option<string[]> inDomain =
        RunSupport.Several("--in-domain", "Data to measure on in-domain while training, for the curve.", "DATA");
    static readonly Option<string[]> outOfDomain = RunSupport.Several("--out-of-domain",
        "Data to measure on out of domain while training, for the curve; never used to choose anything.", "DATA");
    static readonly Option<string?> from = new("--from")
    {
        Description = "Folder of a model to fine-tune: a classifier, a language model or a body without a head, which gets one for the "
            + "labels; on running text a language model, or a bert that guesses masked words. Without it a fresh model is made.",
        HelpName = "FOLDER",
    };
    static readonly Option<string> family =
        SharedOptions.Choices("--family", "What kind of model a fresh one is.", [.. ModelFolder.Families]);
    static readonly Option<string?> tokenizer = new("--tokenizer")
    {
        Description = "Folder of a model whose tokenizer a fresh model reads with (only its tokenizer's files are needed).",
        HelpName = "FOLDER",
    };
    static readonly Option<string?> vocabulary =
        new("--vocabulary") { Description = "vocab.txt of a fresh model; without it the made-up language's.", HelpName = "FILE" };
    static readonly Option<bool> cased = new("--cased") { Description = "A fresh model's tokenizer keeps case and accents." };
    static readonly Option<string> fresh = new("--fresh")
    {
        Description = $"How a fresh model begins. {string.Join("; ", FreshRecipe.All.Select(recipe => $"{recipe.Name}: {recipe.Does}"))}.",
        HelpName = string.Join('|', FreshRecipe.All.Select(recipe => recipe.Name)),
        DefaultValueFactory = _ => FreshRecipe.Plain.Name,
        CompletionSources = { FreshRecipe.All.Select(recipe => recipe.Name).ToArray() },
        Validators =
        {
            given =>
            {
                if (given.Tokens.Select(t => FreshRecipe.WhyNot(t.Value)).FirstOrDefault(why => why is not null) is { } why)
                    given.AddError(why);
            },
        },
    };
    static readonly Option<int> layers = SharedOptions.Number("--layers", "Layers of a fresh model.", 4, 1);
    static readonly Option<int> heads = SharedOptions.Number("--heads", "Heads per layer of a fresh model.", 8, 1);
    static readonly Option<int> width = SharedOptions.Number("--width", "Width of a fresh model.", 128, 1);
    static readonly Option<int> neurons = SharedOptions.Number("--neurons", "Neurons per MLP of a fresh model.", 256, 1);
    static readonly Option<int> positions = SharedOptions.Number("--positions", "Longest input of a fresh model, in tokens.", 128, 3);
    static readonly Option<string> labels = new("--labels")
    {
        Description = "Names of the labels in order, with commas; without it the model's own, or the data's, sorted. Others than the "
            + "model's own give it a new head.",
        HelpName = "A,B",
        DefaultValueFactory = _ => "",
    };
    static readonly Option<string> loss = new("--loss")
    {
        Description = "Terms of the loss with their weights, as labels=0.1,outputs=0.9,temperature=2,relations=1; without it labels alone. "
            + $"{string.Join("; ", LossTerms.Known.Select(term => $"{term.Key}: {term.Value}"))}. "
            + $"{LossTerms.Settings}. All but labels need --teacher.",
        HelpName = "TERMS",
        DefaultValueFactory = _ => "",
    };
    static readonly Option<string?> teacher = new("--teacher")
    {
        Description = "Folder of the model to be like, which terms of --loss compare with: the full model that was cut; or "
            + $"{Teachers.Embedded}, the model that comes with the program. Several with + between them teach together: the loss is its "
            + "mean over them.",
        HelpName = "TEACHER",
    };
    static readonly Option<double> epochs = SharedOptions.Number("--epochs", "Passes over the data.", standard.Epochs, 0);
    static readonly Option<int> steps = SharedOptions.Number("--steps", "Number of steps; 0 to count epochs.", 0, 0);
    static readonly Option<int> batch = SharedOptions.Number("--batch-tokens", "Most tokens in a batch.", standard.TokensPerBatch, 1);
    static readonly Option<int> maxLength = SharedOptions.Number("--max-length",
        "Longest input in tokens, 0 for the model's own (of running text at most a batch); longer pairs are truncated, the longer text "
        + "first.",
        0, 0);
    static readonly Option<double> rate = SharedOptions.Number("--learning-rate", "Highest learning rate.", standard.LearningRate, 0);
    static readonly Option<double> warmup =
        SharedOptions.Number("--warmup", "Share of the steps in which the rate rises.", standard.Warmup, 0, 1);
    static readonly Option<double> final =
        SharedOptions.Number("--final-rate", "Rate at the end, as a share of the highest.", standard.FinalRate, 0, 1);
    static readonly Option<double> decay = SharedOptions.Number("--weight-decay", "AdamW's weight decay.", standard.WeightDecay, 0);
    static readonly Option<double> beta2 = SharedOptions.Number("--beta2", "AdamW's second decay.", standard.SquareDecay, 0, 1);
    static readonly Option<double> clip = SharedOptions.Number("--clip", "Largest norm of the gradient.", standard.Clip, 0);
    static readonly Option<double> dropout =
        SharedOptions.Number("--dropout", "Probability that a value of the residual stream is dropped.", standard.Dropout, 0, 0.99);
    static readonly Option<int> every =
        SharedOptions.Number("--evaluate-every", "Steps between two measurements; 0 for ten in all.", 0, 0);
    static readonly Option<string> checkpoints = new("--checkpoints")
    {
        Description = "Steps at which the model is kept as a folder, with commas.",
        HelpName = "100,200",
        DefaultValueFactory = _ => "",
    };
    static readonly Option<bool> half = new("--bf16") { Description = "Store the weights as bf16." };

    /// <summary>The verb.</summary>
    public static Verb Create() => new("train", "Trains a model on labels, scores (one number) or running text: fine-tunes a model folder, "
        + "or trains a model of a size from nothing. What is stopped goes on with the same command, bit for bit.",
        "train --data world:training --in-domain world:in-domain --steps 500 --learning-rate 7e-4 --out runs/small",
        "train --from models/bert-base --data mnli/train.tsv --in-domain mnli/dev.tsv --out runs/mnli",
        "train --from models/gpt2 --data book.txt,window=256 --in-domain other.txt --out runs/book",
        "train --family llama --tokenizer models/stories15M --data stories.txt --learning-rate 1e-3 --epochs 1 --out runs/speaker")
    {
        Refused = new Dictionary<string, string>
        {
            ["--precision"] = "weights that are trained stay float32. To store the trained model in half the space: --bf16",
        },
        Resumes = true,
        TakesOut = true,
        Draws = true,
        Computes = true,
        Foresee = Foresee,
        Options =
        {
            data, inDomain, outOfDomain, from, family, tokenizer, vocabulary, cased, fresh, layers, heads, width, neurons, positions,
            labels, StudyOptions.Map, loss, teacher, epochs, steps, batch, maxLength, rate, warmup, final, decay, beta2, clip, dropout,
            every, checkpoints, half,
        },
        Run = Run,
    };

    static string? Foresee(ParseResult parsed, Session session, bool complete)
    {
        RefuseIdle(parsed);
        TrainingRequest request = Parse(parsed) with { Tenants = session.Tenants };
        return complete ? Cost(new TrainingRun(request)) : null;
    }

    static string Cost(TrainingRun run) => $"{run.Parameters:N0} weights, {run.Steps:N0} steps";

    static void RefuseIdle(ParseResult parsed)
    {
        if (parsed.GetValue(from) is not null)
            RunSupport.RefuseIdle(parsed, "with --from: the folder's model is as it is",
                family, layers, heads, width, neurons, positions, tokenizer, vocabulary, cased, fresh);
        if (parsed.GetValue(steps) > 0) RunSupport.RefuseIdle(parsed, "with --steps, which say how long it trains", epochs);
        if (parsed.GetValue(inDomain)!.Length == 0)
            RunSupport.RefuseIdle(parsed, "without --in-domain: nothing is measured while it trains", every);
        if (parsed.GetValue(tokenizer) is not null)
            RunSupport.RefuseIdle(parsed, "with --tokenizer: the folder's tokenizer is as it is", vocabulary, cased);
    }

    static void Run(ParseResult parsed, Session session)
    {
        RunSupport.UseThreads(parsed);
        RunSupport.OutOf(parsed);
        RefuseIdle(parsed);
        TrainingRequest request = Parse(parsed) with { Tenants = session.Tenants };
        TrainingRun run = new(request);
        using RunFolder folder = RunSupport.Open(
            RunSupport.OutOf(parsed), session, run.ModelSha256, run.Data, [request.Options.Seed], request);
        foreach (string note in run.Notes) session.World.Say(note);
        session.World.Say(Cost(run));
        Result result = run.Run(folder, session.Progress, session.Stop);
        string page = Report.Write(folder.FolderPath, result);
        session.Result(() => ResultJson.Write(result), () => Words(result, run, page));
    }

    static string Words(Result result, TrainingRun run, string page)
    {
        Findings findings = new(result);
        TrainingFacts facts = findings.Facts<TrainingFacts>()!;
        double seconds = findings.Facts<MakingFacts>()?.Seconds ?? double.NaN;
        return Invariant($"{findings.Words()}The model is in {facts.Model} ({facts.Steps} steps, {seconds:0} s).\n")
            + $"{run.Next(facts.Model, facts.Final is not null)}\nReport: {page}";
    }

    static TrainingRequest Parse(ParseResult p) => new(
        NamedData.Listed(p.GetValue(data) is { Length: > 0 } given ? given
            : throw new ArgumentException("What should it train on? Give --data FILE, or --data world:training."),
            p.GetValue(inDomain), p.GetValue(outOfDomain)),
        new(p.GetValue(SharedOptions.Seed), p.GetValue(epochs), p.GetValue(steps), p.GetValue(batch), p.GetValue(rate), p.GetValue(warmup),
            p.GetValue(final), p.GetValue(decay), p.GetValue(beta2), p.GetValue(clip), p.GetValue(dropout)))
    {
        From = p.GetValue(from),
        Family = p.GetValue(family)!,
        Size = new(p.GetValue(layers), p.GetValue(heads), p.GetValue(width), p.GetValue(neurons), p.GetValue(positions)),
        Tokenizer = p.GetValue(tokenizer),
        Vocabulary = p.GetValue(vocabulary),
        LowerCase = !p.GetValue(cased),
        Fresh = FreshRecipe.Named(p.GetValue(fresh)!),
        Labels = p.GetValue(labels)!.Split(',', StringSplitOptions.RemoveEmptyEntries),
        LabelMap = p.GetValue(StudyOptions.Map)!,
        Loss = p.GetValue(loss)!,
        Teacher = p.GetValue(teacher),
        MaxLength = p.GetValue(maxLength),
        CheckpointSteps = StepsIn(p.GetValue(checkpoints)!),
        EvaluateEvery = p.GetValue(every),
        Half = p.GetValue(half),
    };

    static int[] StepsIn(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(step =>
        int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0 ? n
            : throw new ArgumentException($"--checkpoints takes steps with commas, as 100,200; '{step}' is none."))];
}
