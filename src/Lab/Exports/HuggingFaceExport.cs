using Heartwood.Lab.Exports.Transformers;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Exports;

/// <summary>
/// A folder as Hugging Face's libraries keep models: config.json, model.safetensors in the dtypes that the model was read in, the
/// tokenizer's files; of a cut whose layers have sizes of their own a modelling file too (<see cref="TransformersFolder"/>).
/// </summary>
public sealed class HuggingFaceExport : IExport
{
    /// <inheritdoc/>
    public string Name => "hugging-face";

    /// <inheritdoc/>
    public string InWords => "a folder as Hugging Face's libraries keep models";

    /// <inheritdoc/>
    public IExport With(TenantSpec options)
    {
        options.RefuseUnread();
        return this;
    }

    /// <inheritdoc/>
    public string? WhyNot(IModel model) => null;

    /// <inheritdoc/>
    public string Write(IModel model, IReadOnlyDictionary<string, byte[]> tokenizer, string path, bool replace)
    {
        TransformersFolder.Save(model, path, tokenizer, dtype: null, replace);
        return path;
    }

    /// <inheritdoc/>
    public string? HowLoaded(IModel model) => new TransformersFolder(model).HowLoaded;

    /// <inheritdoc/>
    public ExportCheck Check(ExportQuestion asked, CancellationToken stop) =>
        ExportCheck.None("its readers, Hugging Face's libraries, need Python: load it there with from_pretrained");
}
