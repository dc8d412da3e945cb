namespace Heartwood.Lab.Tasks;

/// <summary>One example as text, before any tokenizer: a labelled sentence or pair, a minimal pair, a prompt, a document.</summary>
/// <param name="Text">the only sentence, or the first of the pair; the good sentence; the prompt; the document</param>
/// <param name="Pair">the second sentence, the bad one, the corrupted prompt; null where there is none</param>
/// <param name="Label">the label's name as the task writes it; a prompt's answers, with "|" between</param>
/// <param name="Case">the finest named slice of the data set, one label each where accuracy is to be read per label (a HANS subcase), "" where there is none</param>
/// <param name="Group">a wider slice that holds every label, over which balanced accuracy and AUC make sense (a HANS heuristic, a construction), "" where there is none</param>
/// <param name="Wrong">a prompt's wrong answers, with "|" between</param>
public sealed record Row(string Text, string? Pair, string Label, string Case = "", string Group = "", string Wrong = "");
