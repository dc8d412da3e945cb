using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Json;
using Heartwood.Lab.Studies;
using Heartwood.Tensors;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood generate</c>: what a language model says, all of it or without some parts.</summary>
static class GenerateVerb
{
    static readonly Option<string> model =
        new("--model") { Description = "Folder of a language model.", HelpName = "FOLDER", Required = true };
    static readonly Option<string> prompt = new("--prompt")
    {
        Description = "The text to go on with; without it one is begun.",
        HelpName = "TEXT",
        DefaultValueFactory = _ => ""
    };
    static readonly Option<int> tokens = SharedOptions.Number("--tokens", "Most tokens to add.", 64, 1);
    static readonly Option<int> topK = SharedOptions.Number("--top-k", "Draw from so many of the best tokens only; 0 for all.", 0, 0);
    static readonly Option<double> temperature =
        SharedOptions.Number("--temperature", "How evenly tokens are drawn, 1 as the model has it; 0 takes the best every time.", 0.0, 0);
    static readonly Option<int> texts = SharedOptions.Number("--texts",
        "Write so many texts, each drawn anew, a line of JSON each with its \"text\": data to train or to measure on, as "
            + "FILE.jsonl,text=text,task=text. 0 for one text as it is.", 0, 0);
    static readonly Option<double> topP =
        SharedOptions.Number("--top-p", "Draw from the fewest best tokens whose probabilities add up to this.", 1.0, 0, 1);
    static readonly Option<string?> mask =
        new("--mask", "--only") { Description = $"The subnetwork that speaks: {Masks.Named}.", HelpName = "MASK" };
    static readonly Option<string?> without = new("--without")
    {
        Description = "Parts to ablate, with commas: L3.H7,L2.MLP. They leave zeros, or with --data their means.",
        HelpName = "PARTS"
    };
    static readonly Option<string?> data = new("--data")
    {
        Description = "A text file: means of ablated parts are taken over its first 16,384 tokens, where the mask does not bring them.",
        HelpName = "FILE"
    };

    /// <summary>The verb.</summary>
    public static Verb Create() => new("generate",
        "Goes on with a text, token by token: the whole language model, or without some of its parts. "
            + "Greedy, unless a temperature is given; then by the seed.",
        "generate --model models/stories15M --prompt \"Once upon a time\"",
        "generate --model models/stories15M --prompt \"Lily and\" --temperature 0.8 --top-p 0.9 --seed 3 --without L0.H5,L2.MLP",
        "generate --model models/stories15M --temperature 1 --texts 500 --tokens 256")
    {
        Options =
        {
            model, prompt, tokens, temperature, topK, topP, texts, mask, without, MaskVerb.Ablation, data, MaskVerb.OtherModel,
            StudyOptions.Precision
        },
        Draws = true,
        Computes = true,
        Run = Run,
    };

    static void Run(ParseResult p, Session session)
    {
        RunSupport.UseThreads(p);
        if (p.GetValue(temperature) == 0) RunSupport.RefuseIdle(
            p, "without --temperature: the best token is taken every time", topK, topP, texts, SharedOptions.Seed);
        if (p.GetValue(mask) is null) RunSupport.RefuseIdle(p, "without --mask", MaskVerb.OtherModel);
        if (p.GetValue(mask) is null && p.GetValue(without) is null)
            RunSupport.RefuseIdle(p, "without --mask or --without", MaskVerb.Ablation);
        GenerationRequest request = new(
            p.GetRequiredValue(model), p.GetValue(prompt)!, p.GetValue(tokens),
            new(p.GetValue(temperature), p.GetValue(topK), p.GetValue(topP), p.GetValue(SharedOptions.Seed)))
        {
            Mask = p.GetValue(mask),
            Without = p.GetValue(without),
            OtherModel = p.GetValue(MaskVerb.OtherModel),
            Data = p.GetValue(data),
            Ablation = p.GetValue(MaskVerb.Ablation),
            Tenants = session.Tenants,
            Precision = p.GetValue(StudyOptions.Precision) == "bf16" ? Precision.Bf16 : Precision.Float32,
        };
        if (p.GetValue(texts) is > 0 and var count)
        {
            List<GeneratedText> all = [];
            foreach (GeneratedText one in GeneratedText.Several(request, count, _ => { }, session.Stop, session.World.Say))
            {
                all.Add(one);
                if (!session.Json) session.World.Out.WriteLine(JsonSerializer.Serialize(new { text = one.Text }));
                session.Progress.Report(new("writing texts", all.Count, count, "texts", ""));
            }
            session.Result(() => JsonSerializer.Serialize(all, JsonWriting.Published), () => "");
            return;
        }
        GeneratedText made = GeneratedText.Generate(request, session.Json ? _ => { } : Show, session.Stop, session.World.Say);
        if (!session.Json) session.World.Out.WriteLine();
        session.World.Say(
            $"{made.Tokens.Count} tokens after {made.PromptTokens} in {Words.Duration(made.Seconds)}, "
                + $"{Ended(made)}{(made.Ablated.Count == 0 ? "" : $"; ablated: {string.Join(",", made.Ablated)} ({made.Ablation})")}");
        if (session.Json) session.Result(() => JsonSerializer.Serialize(made, JsonWriting.Published), () => "");

        void Show(string text)
        {
            session.World.Out.Write(text);
            session.World.Out.Flush();
        }
    }

    static string Ended(GeneratedText made) => made.End switch
    {
        "tokens" => "stopped at --tokens",
        "positions" => $"stopped because the model takes no more than {made.MostPositions}",
        _ => "ended by the end of the text",
    };
}
