using System.Globalization;
using System.Numerics;

namespace Heartwood.Lab.Runs;

/// <summary>
/// A tenant as the command line names it, with its options: <c>NAME,key=value,…</c>. The tenant asks for each of its options by key;
/// what it did not ask for is refused.
/// </summary>
public sealed class TenantSpec
{
    readonly Dictionary<string, string> given;
    readonly Dictionary<string, string> values = [];

    TenantSpec(string kind, string name, Dictionary<string, string> given) => (Kind, Name, this.given) = (kind, name, given);

    /// <summary>What kind of tenant it is, for messages: "method".</summary>
    public string Kind { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Every option that the tenant asked for, with the value in use as text, in the order in which it asked.</summary>
    public IReadOnlyDictionary<string, string> Values => values;

    /// <summary>Reads <c>NAME,key=value,…</c>.</summary>
    /// <param name="text">the text</param>
    /// <param name="kind">what kind of tenant it names, for messages: "method"</param>
    /// <exception cref="ArgumentException">it is written otherwise</exception>
    public static TenantSpec Parse(string text, string kind)
    {
        string[] words = text.Split(',');
        if (words[0].Trim() == "" || words[0].Contains('='))
            throw new ArgumentException($"A {kind} is written NAME,key=value,…; '{text}' does not begin with a name.");
        Dictionary<string, string> given = [];
        foreach (string word in words.AsSpan(1))
        {
            int sign = word.IndexOf('=');
            if (sign <= 0 || sign == word.Length - 1)
                throw new ArgumentException($"A {kind} is written NAME,key=value,…; in '{text}' the word '{word}' is no key=value.");
            if (!given.TryAdd(word[..sign].Trim(), word[(sign + 1)..].Trim()))
                throw new ArgumentException($"'{text}' gives '{word[..sign].Trim()}' twice. Leave one out.");
        }
        return new(kind, words[0].Trim(), given);
    }

    /// <summary>The tenant of this name.</summary>
    /// <param name="tenants">those that there are</param>
    /// <param name="name">the name of one</param>
    /// <exception cref="ArgumentException">there is none of this name; the message names the nearest</exception>
    public T Among<T>(IReadOnlyList<T> tenants, Func<T, string> name) where T : class
    {
        if (tenants.FirstOrDefault(t => name(t) == Name) is { } found) return found;
        throw new ArgumentException(Nearest.Unknown(Kind, Name, tenants.Select(name)));
    }

    /// <summary>An option that is a number.</summary>
    /// <param name="key">its key</param>
    /// <param name="standard">the number where it is not given</param>
    /// <param name="low">the smallest allowed</param>
    /// <param name="high">the largest allowed</param>
    /// <exception cref="ArgumentException">it is no number, or outside its bounds</exception>
    public T Number<T>(string key, T standard, T low, T high) where T : struct, INumber<T>
    {
        bool whole = T.CreateTruncating(0.5) == T.Zero;
        T number = standard;
        if (given.TryGetValue(key, out string? text)
            && !(T.TryParse(text, whole ? NumberStyles.AllowLeadingSign : NumberStyles.Float, CultureInfo.InvariantCulture, out number)
                && number >= low && number <= high))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"{Name}: '{key}' takes a {(whole ? "whole " : "")}number from {low} to {high}, not '{text}'."));
        values[key] = number.ToString(null, CultureInfo.InvariantCulture);
        return number;
    }

    /// <summary>An option that is one of some words; the first is the value where it is not given.</summary>
    /// <exception cref="ArgumentException">it is another word</exception>
    public string Choice(string key, params IReadOnlyList<string> choices)
    {
        string chosen = given.GetValueOrDefault(key, choices[0]);
        return values[key] = choices.FirstOrDefault(choice => choice.Equals(chosen, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"{Name}: '{key}' takes {string.Join(", ", choices.SkipLast(1))} or {choices[^1]}, not '{chosen}'.");
    }

    /// <summary>An option that is any text.</summary>
    public string Text(string key, string standard) => values[key] = given.GetValueOrDefault(key, standard);

    /// <summary>Refuses options that nobody asked for; to be called when all are read.</summary>
    /// <exception cref="ArgumentException">names one, with the nearest that there is</exception>
    public void RefuseUnread()
    {
        string? unread = given.Keys.FirstOrDefault(k => !values.ContainsKey(k));
        if (unread is null) return;
        if (values.Count == 0) throw new ArgumentException($"{Name} takes no options, not '{unread}' either. Leave it out.");
        throw new ArgumentException(
            $"{Name} takes no '{unread}'.{Nearest.DidYouMean(unread, values.Keys)} It takes: {string.Join(", ", values.Keys)}.");
    }
}
