namespace Heartwood.Lab.Tasks.Tables;

/// <summary>
/// Renames labels, several to one where asked: <c>neutral&gt;non-entailment|contradiction&gt;non-entailment</c> makes a three-way task
/// two-way. Labels that are not named stay.
/// </summary>
public sealed class LabelMap
{
    readonly Dictionary<string, string> renamed;

    /// <summary>The map that leaves every label as it is.</summary>
    public static LabelMap None { get; } = new([]);

    /// <summary>The labels that are renamed.</summary>
    public IReadOnlyCollection<string> Sources => renamed.Keys;

    LabelMap(Dictionary<string, string> renamed) => this.renamed = renamed;

    /// <summary>The name that <paramref name="label"/> becomes, in one step.</summary>
    public string this[string label] => renamed.GetValueOrDefault(label, label);

    /// <summary>Reads <c>from&gt;to|from&gt;to</c>; nothing for <see cref="None"/>.</summary>
    /// <exception cref="FormatException">the text is no such map, or renames a label twice; the message says how one is written</exception>
    public static LabelMap Parse(string text)
    {
        Dictionary<string, string> renamed = [];
        foreach (string pair in text.Split('|', text.Length == 0 ? StringSplitOptions.RemoveEmptyEntries : StringSplitOptions.None))
        {
            if (pair.Split('>') is not [{ Length: > 0 } from, { Length: > 0 } to])
                throw new FormatException($"'{pair}' renames no label. Write labels=neutral>non-entailment|contradiction>non-entailment.");
            if (!renamed.TryAdd(from, to)) throw new FormatException($"'{text}' renames '{from}' twice. Name every label once.");
        }
        return new(renamed);
    }

    /// <summary>This map and then another one, as one; names that this one makes are the next one's, not labels of their own.</summary>
    public LabelMap Then(LabelMap next) => new(renamed.Select(pair => KeyValuePair.Create(pair.Key, next[pair.Value]))
        .Concat(next.renamed.Where(pair => !renamed.ContainsKey(pair.Key) && !renamed.ContainsValue(pair.Key))).ToDictionary());

    /// <summary>The names that labels become.</summary>
    public IEnumerable<string> Targets => renamed.Values;

    /// <summary>The map as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => string.Join('|', renamed.Select(pair => $"{pair.Key}>{pair.Value}"));
}
