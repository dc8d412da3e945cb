using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Heartwood.Lab.Studies.Recipes;

/// <summary>A piece of a YAML file with the line it begins on: a text, a list, or names with what stands under them.</summary>
/// <param name="Line">the line, from 1</param>
abstract partial record RecipeNode(int Line)
{
    const int Deepest = 6;

    // ${NAME} is no plain text inside [ ] and { } of YAML: there the braces are hidden from its parser, one character for one
    const char Opens = '\uE000', Closes = '\uE001';

    /// <summary>A text; what YAML calls a null is one without characters.</summary>
    public sealed record Words(int Line, string Text, bool Quoted) : RecipeNode(Line)
    {
        /// <summary>Whether nothing was written: no quotes, and no character, or YAML's words for nothing.</summary>
        public bool IsNothing => !Quoted && Text is "" or "~" or "null" or "Null" or "NULL";
    }

    /// <summary>A list.</summary>
    public sealed record Items(int Line, IReadOnlyList<RecipeNode> All) : RecipeNode(Line);

    /// <summary>Names, each once, in the file's order.</summary>
    public sealed record Names(int Line, IReadOnlyList<(Words Name, RecipeNode Value)> All) : RecipeNode(Line);

    /// <summary>What it is, for errors.</summary>
    public string InWords => this switch
    {
        Words { IsNothing: true } => "nothing",
        Words words => $"the text '{(words.Text.Length > 60 ? words.Text[..60] + "…" : words.Text)}'",
        Items => "a list",
        _ => "names with values",
    };

    /// <summary>Reads one document; null where the text holds none.</summary>
    /// <exception cref="FormatException">
    /// it is no YAML, or YAML that a recipe does not use: anchors, aliases, tags, a second document
    /// </exception>
    public static RecipeNode? Read(string text, string file)
    {
        if (text.AsSpan().IndexOfAny(Opens, Closes) is var at and >= 0)
            throw RecipeReader.Refused(file, text.AsSpan(0, at).Count('\n') + 1, "a character of Unicode's private use, which no recipe "
                + "needs. Remove it.");
        if (Tab().Match(text) is { Success: true } tab)
            throw RecipeReader.Refused(file, text.AsSpan(0, tab.Index).Count('\n') + 1, "the line begins with a tab. YAML indents by "
                + "spaces.");
        IParser parser = new Parser(new StringReader(Braces().Replace(text, m => $"${Opens}{m.Groups[1].Value}{Closes}")));
        try
        {
            parser.MoveNext();                                               // the stream
            parser.MoveNext();
            if (parser.Current is not DocumentStart) return null;
            parser.MoveNext();
            RecipeNode root = Node(parser, file, 0);
            parser.MoveNext();                                               // past the document's end
            parser.MoveNext();
            return parser.Current is DocumentStart second
                ? throw RecipeReader.Refused(file, LineOf(second), "a second document begins ('---'). A recipe is one document: remove "
                    + "it, or give it a file of its own.")
                : root;
        }
        catch (YamlException e)
        {
            throw RecipeReader.Refused(file, (int)Math.Max(1, Math.Max(e.Start.Line, e.End.Line)), $"this is no YAML: {InOneLine(e)} A "
                + $"text with ': ', ' #', "
                + $"'{{', '[' or ',' in it may need quotes.", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // the library gives up without a word on some of what is no YAML
            int line = parser.Current is { } last ? LineOf(last) : 1;
            throw RecipeReader.Refused(file, Math.Max(1, line), "this is no YAML, here or shortly after. "
                + "Are brackets and quotes closed?", e);
        }
    }

    static RecipeNode Node(IParser parser, string file, int depth)
    {
        ParsingEvent here = parser.Current!;
        int line = LineOf(here);
        if (depth > Deepest) throw RecipeReader.Refused(file, line, "lists and names stand deeper in one another than a recipe has them.");
        if (here is AnchorAlias alias)
            throw RecipeReader.Refused(file, line, $"*{alias.Value} is YAML's alias, which recipes do not use. Write out what it stands "
                + $"for; a value that several steps share is a setting.");
        if (here is NodeEvent { Anchor.IsEmpty: false } anchored)
            throw RecipeReader.Refused(file, line, $"&{anchored.Anchor.Value} is YAML's anchor, which recipes do not use. Remove it; a "
                + $"value that several steps share is a setting.");
        if (here is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } tag })
            throw RecipeReader.Refused(file, line, $"{tag.Value} is YAML's tag, which recipes do not use. Remove it: every value is read "
                + $"as the command line would.");
        switch (here)
        {
            case Scalar scalar: return new Words(line, Shown(scalar.Value), scalar.Style != ScalarStyle.Plain);
            case SequenceStart:
                List<RecipeNode> items = [];
                while (Next(parser) is not SequenceEnd) items.Add(Node(parser, file, depth + 1));
                return new Items(line, items);
            case MappingStart:
                List<(Words, RecipeNode)> names = [];
                HashSet<string> seen = [];
                while (Next(parser) is not MappingEnd)
                {
                    if (Node(parser, file, depth + 1) is not Words name || name.IsNothing)
                        throw RecipeReader.Refused(file, LineOf(parser.Current!), "a name was expected here, before ':'.");
                    if (!seen.Add(name.Text)) throw RecipeReader.Refused(file, name.Line, $"'{name.Text}' stands here twice. Leave one "
                        + $"out.");
                    Next(parser);
                    names.Add((name, Node(parser, file, depth + 1)));
                }
                return new Names(line, names);
            default: throw RecipeReader.Refused(file, line, "a value was expected here.");
        }
    }

    static ParsingEvent Next(IParser parser)
    {
        parser.MoveNext();
        return parser.Current ?? throw new SyntaxErrorException("The file ends in the midst of something.");
    }

    static int LineOf(ParsingEvent here) => (int)here.Start.Line;

    static string Shown(string text) => text.Replace(Opens, '{').Replace(Closes, '}');

    // the parser's words, without the places that it puts before them
    static string InOneLine(YamlException e)
    {
        string words = Shown(string.Join(' ', e.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
        return (words.Length > 300 ? words[..300] + "…" : words).TrimEnd('.') + ".";
    }

    [GeneratedRegex(@"^ *\t", RegexOptions.Multiline)]
    private static partial Regex Tab();

    [GeneratedRegex(@"\$\{([^{}\r\n""']*)\}")]
    private static partial Regex Braces();
}
