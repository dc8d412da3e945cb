namespace Heartwood.Lab.Tasks;

/// <summary>One labelled example as text, before any tokenizer: a sentence or a pair.</summary>
/// <param name="Text">the only sentence, or the first of the pair</param>
/// <param name="Pair">the second sentence, or null where the task has one</param>
/// <param name="Label">the label's name as the task writes it</param>
/// <param name="Case">the finest named slice of the data set, one label each where accuracy is to be read per label (a HANS subcase), "" where there is none</param>
/// <param name="Group">a wider slice that holds every label, over which balanced accuracy and AUC make sense (a HANS heuristic, a construction), "" where there is none</param>
public sealed record Row(string Text, string? Pair, string Label, string Case = "", string Group = "");
