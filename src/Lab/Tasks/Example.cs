using Heartwood.Lab.Models;

namespace Heartwood.Lab.Tasks;

/// <summary>One input, as a model reads it, with what is asked of it.</summary>
/// <param name="Input">tokens and their types: a labelled text or pair, the good sentence, the clean prompt, a window of text</param>
/// <param name="Label">number of its label in the list of labels that the examples were made with; 0 where the first of two is
/// right, −1 where nobody says what is right</param>
/// <param name="Case">see <see cref="Row.Case"/></param>
/// <param name="Group">see <see cref="Row.Group"/></param>
public sealed record Example(Sequence Input, int Label, string Case, string Group)
{
    /// <summary>The row that it was made of; null where it was made of none. A text in several windows is the row of each.</summary>
    public Row? Row { get; init; }

    /// <summary>The score that a model should give; NaN where it is not about one.</summary>
    public double Score { get; init; } = double.NaN;

    /// <summary>What it is compared with: the bad sentence, the corrupted prompt; null where there is none.</summary>
    public Sequence? Second { get; init; }

    /// <summary>
    /// Its own pair, of which the ablation interchange takes values, where that is not <see cref="Second"/>: the corrupted prompt of an
    /// example to learn on, a column that the data names; null where there is none.
    /// </summary>
    public Sequence? Pair { get; init; }

    /// <summary>The tokens that should, and that should not, come next; null where it is not about them.</summary>
    public NextChoice? Next { get; init; }

    /// <summary>Place of the first token of a window that is scored; those before are context.</summary>
    public int From { get; init; } = 1;

    /// <summary>The masked words of a window of text; null where there are none.</summary>
    public HiddenWords? Hidden { get; init; }

    /// <summary>How many bytes of the text, in UTF-8, the scored tokens of a window are.</summary>
    public double Bytes { get; init; }
}

/// <summary>Two sets of tokens of which the first should come next.</summary>
/// <param name="Right">ids of the right ones, at least one</param>
/// <param name="Wrong">ids of the wrong ones, at least one, none of them right</param>
public sealed record NextChoice(int[] Right, int[] Wrong);

/// <summary>Which words of a window a model is asked to guess.</summary>
/// <param name="Text">the run of the window that is text, and not a special token</param>
/// <param name="Places">places of the words that are wanted, in order</param>
/// <param name="Ids">what stands there in the text</param>
/// <param name="Mask">id of the token that hides a word</param>
/// <param name="Vocabulary">number of token ids</param>
public sealed record HiddenWords((int Start, int Count) Text, int[] Places, int[] Ids, int Mask, int Vocabulary);
