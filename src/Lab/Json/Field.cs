using System.Text.Json;

namespace Heartwood.Lab.Json;

/// <summary>A value in a JSON file that knows where it stands, so that what is wrong with it can be said.</summary>
/// <param name="source">the file</param>
/// <param name="at">the path within the file</param>
/// <param name="value">the value</param>
readonly struct Field(JsonSource source, string at, JsonElement value)
{
    const int MostShown = 80;

    /// <summary>A property; an error where it is not there.</summary>
    public Field this[string name] => Find(name) ?? throw new Field(source, Below(name), default).Fault("a value", "nothing");

    /// <summary>A property, or null where it is not there or null.</summary>
    public Field? Find(string name) => Object.TryGetProperty(name, out JsonElement property) && property.ValueKind != JsonValueKind.Null
        ? new Field(source, Below(name), property) : null;

    /// <summary>Whether the property is there, be it null.</summary>
    public bool Says(string name) => Object.TryGetProperty(name, out _);

    /// <summary>The value as it is.</summary>
    public JsonElement Value => value;

    /// <summary>The text.</summary>
    public string Text => Kind(JsonValueKind.String, "text").GetString()!;

    /// <summary>The only character of the text.</summary>
    public char Character => Text is [char one] ? one : throw Fault("one character", Shown);

    /// <summary>The whole number, 0 or more.</summary>
    public int Number => Whole(0);

    /// <summary>The finite number.</summary>
    public double Real => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
        ? number : throw Fault("a finite number", Shown);

    /// <summary>The whole number of 64 bits, 0 or more.</summary>
    public ulong Unsigned => value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number)
        ? number : throw Fault($"a whole number from 0 to {ulong.MaxValue}", Shown);

    /// <summary>Whether it is true.</summary>
    public bool Flag => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Fault("true or false", Shown),
    };

    /// <summary>The whole number between two bounds.</summary>
    public int Whole(int low = int.MinValue, int high = int.MaxValue)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= low && number <= high) return number;
        string from = low == int.MinValue ? "" : $" from {low}", to = high == int.MaxValue ? "" : $" to {high}";
        throw Fault($"a whole number{from}{to}", Shown);
    }

    /// <summary>The property that says of which kind an object is.</summary>
    public string Type => this["type"].Text;

    /// <summary>Whether it is text, rather than an object or a list.</summary>
    public bool IsText => value.ValueKind == JsonValueKind.String;

    /// <summary>Whether it is true or false.</summary>
    public bool IsFlag => value.ValueKind is JsonValueKind.True or JsonValueKind.False;

    /// <summary>Whether it is a list.</summary>
    public bool IsList => value.ValueKind == JsonValueKind.Array;

    /// <summary>Whether it is the same value as that JSON, however the two are written.</summary>
    public bool Equals(string json)
    {
        using JsonDocument other = JsonDocument.Parse(json);
        return JsonElement.DeepEquals(value, other.RootElement);
    }

    /// <summary>Whether a part of it, or a part of a part, is of that type.</summary>
    public bool HasPart(string type)
    {
        return Has(value);

        bool Has(JsonElement part) => part.ValueKind switch
        {
            JsonValueKind.Object => part.EnumerateObject().Any(p => p.NameEquals("type")
                ? p.Value.ValueKind == JsonValueKind.String && p.Value.ValueEquals(type) : Has(p.Value)),
            JsonValueKind.Array => part.EnumerateArray().Any(Has),
            _ => false,
        };
    }

    /// <summary>The values of a list.</summary>
    public IEnumerable<Field> Items
    {
        get
        {
            JsonSource from = source;
            string place = at;
            return Kind(JsonValueKind.Array, "a list").EnumerateArray().Select(e => new Field(from, place, e));
        }
    }

    /// <summary>The properties of an object.</summary>
    public IEnumerable<(string Name, Field Value)> Properties
    {
        get
        {
            JsonSource from = source;
            string place = at;
            return Object.EnumerateObject().Select(p => (p.Name, new Field(from, place, p.Value)));
        }
    }

    /// <summary>The same properties, each at its own place.</summary>
    public IEnumerable<(string Name, Field Value)> Each
    {
        get
        {
            Field self = this;
            return Properties.Select(p => (p.Name, p.Value.Named(self.Below(p.Name))));
        }
    }

    /// <summary>A flag, or what it is where it is not said.</summary>
    public bool FlagOr(string name, bool otherwise) => Find(name)?.Flag ?? otherwise;

    /// <summary>Refuses properties of other names: they would mean something that is not understood.</summary>
    public Field Only(params ReadOnlySpan<string> names)
    {
        foreach (JsonProperty property in Object.EnumerateObject())
            if (!names.Contains(property.Name)) throw Fault(string.Join(", ", names), $"'{property.Name}', which is not understood");
        return this;
    }

    /// <summary>Refuses properties that nobody asked for, but those that begin with <c>x-</c>.</summary>
    /// <param name="asked">the names that were asked for</param>
    /// <param name="move">the next move, a sentence</param>
    public void OnlyAsked(IReadOnlySet<string> asked, string move)
    {
        foreach (JsonProperty property in Object.EnumerateObject())
            if (!asked.Contains(property.Name) && !property.Name.StartsWith("x-", StringComparison.Ordinal))
                throw source.UnknownKey(at, Shortened(property.Name), asked, move);
    }

    /// <summary>The same value at another place, for messages.</summary>
    public Field Named(string place) => new(source, place, value);

    /// <summary>The value as it is written, cut where it is long.</summary>
    public string Shown => value.ValueKind == JsonValueKind.Undefined ? "nothing" : Shortened(value.GetRawText());

    /// <summary>What is wrong here.</summary>
    public Exception Fault(string expected, string found) => source.Fault(at, expected, found);

    /// <summary>The value, which must be an object.</summary>
    public JsonElement Object => Kind(JsonValueKind.Object, "an object");

    static string Shortened(string text) => text.Length > MostShown ? text[..MostShown] + "…" : text;

    string Below(string name) => at == JsonSource.Whole ? Shortened(name) : $"{at}.{Shortened(name)}";

    JsonElement Kind(JsonValueKind kind, string expected) => value.ValueKind == kind ? value : throw Fault(expected, Shown);
}
