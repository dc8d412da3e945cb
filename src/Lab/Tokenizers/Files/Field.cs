using System.Text.Json;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>A value in a JSON file that knows where it stands, so that what is wrong with it can be said.</summary>
/// <param name="file">the file</param>
/// <param name="at">the path within the file</param>
/// <param name="value">the value</param>
readonly struct Field(string file, string at, JsonElement value)
{
    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="InvalidDataException">not JSON of Unicode text, or <paramref name="read"/> refuses it</exception>
    public static T Read<T>(byte[] bytes, string file, Func<Field, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new() { AllowDuplicateProperties = false });
            return read(new(file, "the file", document.RootElement));
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // An InvalidOperationException comes from a string that is no Unicode: bad UTF-8, or half a surrogate pair.
            string next = $"Give the model's own {Path.GetFileName(file)}.";
            throw new InvalidDataException($"{file}: not JSON of Unicode text ({fault.Message}). {next}", fault);
        }
    }

    /// <summary>A property; an error where it is not there.</summary>
    public Field this[string name] => Find(name) ?? throw new Field(file, Below(name), default).Fault("a value", "nothing");

    /// <summary>A property; null where it is missing or null.</summary>
    public Field? Find(string name)
    {
        bool there = Kind(JsonValueKind.Object, "an object").TryGetProperty(name, out JsonElement property);
        return there && property.ValueKind != JsonValueKind.Null ? new Field(file, Below(name), property) : null;
    }

    /// <summary>Whether the property is there, even as null.</summary>
    public bool Says(string name) => value.TryGetProperty(name, out _);

    /// <summary>The text.</summary>
    public string Text => Kind(JsonValueKind.String, "text").GetString()!;

    /// <summary>The only character of the text.</summary>
    public char Character => Text is [char one] ? one : throw Fault("one character", Shown);

    /// <summary>The whole number, 0 or more.</summary>
    public int Number => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 0
        ? number
        : throw Fault("a whole number from 0", Shown);

    /// <summary>The finite number.</summary>
    public double Real => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
        ? number
        : throw Fault("a number", Shown);

    /// <summary>Whether it is true.</summary>
    public bool Flag => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Fault("true or false", Shown),
    };

    /// <summary>The property that says of which kind an object is.</summary>
    public string Type => this["type"].Text;

    /// <summary>Whether it is text, rather than an object or a list.</summary>
    public bool IsText => value.ValueKind == JsonValueKind.String;

    /// <summary>Whether it is a list.</summary>
    public bool IsList => value.ValueKind == JsonValueKind.Array;

    /// <summary>Whether it is the same value as that JSON, however the two are written.</summary>
    public bool Equals(string json)
    {
        using var other = JsonDocument.Parse(json);
        return JsonElement.DeepEquals(value, other.RootElement);
    }

    /// <summary>Whether a part of a tokenizer, or a part of a part, is of that type.</summary>
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
            string name = file, place = at;
            return Kind(JsonValueKind.Array, "a list").EnumerateArray().Select(e => new Field(name, place, e));
        }
    }

    /// <summary>The properties of an object.</summary>
    public IEnumerable<(string Name, Field Value)> Properties
    {
        get
        {
            string name = file, place = at;
            return Kind(JsonValueKind.Object, "an object").EnumerateObject().Select(p => (p.Name, new Field(name, place, p.Value)));
        }
    }

    /// <summary>A flag, or <paramref name="otherwise"/> where the file does not give it.</summary>
    public bool FlagOr(string name, bool otherwise) => Find(name)?.Flag ?? otherwise;

    /// <summary>Refuses properties of other names: they would mean something that is not understood.</summary>
    public Field Only(params ReadOnlySpan<string> names)
    {
        foreach (var property in Kind(JsonValueKind.Object, "an object").EnumerateObject())
            if (!names.Contains(property.Name)) throw Fault(string.Join(", ", names), $"'{property.Name}', which is not understood");
        return this;
    }

    /// <summary>The same value at another place, for messages.</summary>
    public Field Named(string place) => new(file, place, value);

    /// <summary>The value as it is written, cut where it is long.</summary>
    public string Shown
    {
        get
        {
            if (value.ValueKind == JsonValueKind.Undefined) return "nothing";
            string text = value.GetRawText();
            return text.Length > 60 ? text[..60] + "…" : text;
        }
    }

    /// <summary>What is wrong here.</summary>
    public InvalidDataException Fault(string expected, string found) =>
        new($"{file}: {at}: expected {expected}; found {found}. What is not understood here would change ids: give the model's own "
            + "tokenizer, of a kind that docs/tour.md names.");

    string Below(string name) => at == "the file" ? name : $"{at}.{name}";

    JsonElement Kind(JsonValueKind kind, string expected) => value.ValueKind == kind ? value : throw Fault(expected, Shown);
}
