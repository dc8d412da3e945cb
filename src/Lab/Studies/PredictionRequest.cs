using Heartwood.Lab.Evaluation;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>What models are asked to say of a text or of the rows of files.</summary>
/// <param name="Models">folders of one or two models; none for the embedded one</param>
public sealed record PredictionRequest(IReadOnlyList<string> Models)
{
    /// <summary>the text; null where files are given</summary>
    public string? Text { get; init; }

    /// <summary>its second sentence; null for none</summary>
    public string? Pair { get; init; }

    /// <summary>files, each as data is named on the command line; labels are read where they are there</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>what the models' labels count as</summary>
    public string LabelMap { get; init; } = "";

    /// <summary>whether labels of the data are not looked at</summary>
    public bool IgnoreLabels { get; init; }

    /// <summary>a subnetwork to stand next to its model, as <see cref="Masks.Read"/> takes it; null for none</summary>
    public string? Mask { get; init; }

    /// <summary>parts to ablate next to the whole model, as <see cref="Masks.Without"/> takes them; null for none</summary>
    public string? Without { get; init; }

    /// <summary>whether a mask of other weights is taken</summary>
    public bool OtherModel { get; init; }

    /// <summary>what stands in for ablated parts, whatever the mask says; null to follow it</summary>
    public string? Ablation { get; init; }

    /// <summary>how many of the likeliest tokens to say; null for 5, and none in running text of a file</summary>
    public int? Top { get; init; }

    /// <summary>longest input in tokens; 0 for the model's own</summary>
    public int MostTokens { get; init; }

    /// <summary>of products with the weights</summary>
    public Precision Precision { get; init; }

    /// <summary>what names in the request are looked up in</summary>
    public Tenants Tenants { get; init; } = Tenants.Usual;

    /// <summary>Refuses what cannot be asked together.</summary>
    /// <exception cref="ArgumentException">names the options, and the next move</exception>
    public void Check()
    {
        if (Text is null && Data.Count == 0)
            throw new ArgumentException("What should be predicted? Give --text TEXT (and --pair TEXT), or --data FILE.");
        if (Text is not null && Data.Count > 0) throw new ArgumentException("--text and --data were both given. Leave one of the two out.");
        if (Text is null && Pair is not null) throw new ArgumentException("--pair is the second sentence of --text. Give --text TEXT too.");
        if (Models.Count > 2)
            throw new ArgumentException($"--model takes one or two models, whose answers are compared; {Models.Count} were given.");
        if (Mask is not null && Without is not null)
            throw new ArgumentException("A mask and parts to ablate were both given. Leave one of the two out.");
        if (Models.Count == 2 && (Mask ?? Without) is not null)
            throw new ArgumentException("With --mask or --without the whole model is compared with what is left of it: give one --model.");
        Tasks.Tables.LabelMap.Parse(LabelMap);
    }
}
