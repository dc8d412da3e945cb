using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation.Predictions;

/// <summary>
/// Texts in which the mask itself stands, to be filled by an encoder that guesses masked words. There is no right answer, so that nothing
/// is counted: the likeliest words at each mask are all that there is.
/// </summary>
public sealed class FilledWords : IProblem
{
    /// <inheritdoc/>
    public TaskWords Words { get; } =
        new("masked words to fill", "text", "words right", "Nobody says which word is right.", "", double.NaN);

    /// <inheritdoc/>
    public Tokens Tokens => Tokens.All;

    /// <inheritdoc/>
    public bool OfVocabulary => true;

    /// <inheritdoc/>
    public int Numbers(IModel model) => 0;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">a row has no mask, or is longer than the model takes</exception>
    public IReadOnlyList<Example> Encode(IReadOnlyList<Row> rows, InputRules rules)
    {
        int mask = rules.Tokenizer.Mask ?? throw new InvalidDataException($"{rules.Source}: words are to be filled, and the model's "
            + "tokenizer has no token [MASK] or <mask>. Use the tokenizer that belongs to the model.");
        return [.. rows.Select(row =>
        {
            int[] ids = rules.Tokenizer.Encode(row.Text, row.Pair).Ids;
            string where = Inputs.Where(row, rules.Source);
            if (ids.Length > rules.MostTokens)
                throw new InvalidDataException($"{where}: '{InputRules.Short(row.Text)}' is {ids.Length} tokens long, the model takes "
                    + $"{rules.MostTokens}. Shorten it; where every line is a text, add format=lines to the file's name.");
            if (!ids.Contains(mask))
                throw new InvalidDataException($"{where}: expected {rules.Tokenizer.Piece(mask)} where a word is to be filled, found none "
                    + $"in '{InputRules.Short(row.Text)}'. Write it there.");
            return new Example(Sequence.Plain(ids), -1, row.Case, row.Group) { Row = row };
        })];
    }

    /// <summary>Where the masks of an example stand.</summary>
    public static int[] PlacesOf(Example example, int mask) =>
        [.. Enumerable.Range(0, example.Input.Ids.Length).Where(t => example.Input.Ids[t] == mask)];

    /// <inheritdoc/>
    public int[] Places(Batch batch, IReadOnlyList<Example> examples) => [];

    /// <inheritdoc/>
    public void Read(Pass pass, Pass? full, IReadOnlyList<Example> examples, Span<float> numbers) { }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Choices(ReadOnlySpan<float> numbers) => [];
}
