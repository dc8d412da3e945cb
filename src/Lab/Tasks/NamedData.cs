using System.Text.Json;

namespace Heartwood.Lab.Tasks;

/// <summary>Data that is asked for: a set with its role, before anything is read.</summary>
/// <param name="Name">the set's name: the user's, else the file's own</param>
/// <param name="Role">what it is for</param>
/// <param name="Data">the data, see <see cref="DataSource"/></param>
public sealed record NamedData(string Name, Role Role, string Data)
{
    /// <summary>Reads how a user names data for one role: DATA or NAME=DATA.</summary>
    public static NamedData Parse(Role role, string text)
    {
        (string? name, string data) = SetNames.Part(text);
        return new(name ?? SetNames.Usual(data), role, data);
    }

    /// <summary>How a user names it: DATA or, where the set has a name that is not the file's own, NAME=DATA.</summary>
    public string InWords => Name == SetNames.Usual(Data) ? Data : $"{Name}={Data}";

    /// <summary>The data of every role as one list, in the order of the roles; each as <see cref="Parse"/> takes it.</summary>
    public static IReadOnlyList<NamedData> Listed(IEnumerable<string>? train = null, IEnumerable<string>? inDomain = null,
        IEnumerable<string>? outOfDomain = null, IEnumerable<string>? unseen = null, IEnumerable<string>? choosing = null) =>
            [.. Parsed(Role.Train, train), .. Parsed(Role.InDomain, inDomain), .. Parsed(Role.OutOfDomain, outOfDomain),
                .. Parsed(Role.Unseen, unseen), .. Parsed(Role.Choosing, choosing)];

    /// <summary>A role as files name it: "train", "inDomain", "outOfDomain", "unseen", "choosing".</summary>
    public static string WordFor(Role role) => JsonNamingPolicy.CamelCase.ConvertName(role.ToString());

    static IEnumerable<NamedData> Parsed(Role role, IEnumerable<string>? texts) => (texts ?? []).Select(text => Parse(role, text));
}

/// <summary>Lists of data that is asked for.</summary>
public static class NamedDataLists
{
    /// <summary>Whether there is data of a role.</summary>
    public static bool Has(this IReadOnlyList<NamedData> sets, Role role) => sets.Any(s => s.Role == role);

    /// <summary>The data of a role with commas between, for messages.</summary>
    public static string InWords(this IReadOnlyList<NamedData> sets, Role role) =>
        string.Join(", ", sets.Where(s => s.Role == role).Select(s => s.Data));

    /// <summary>The same list with other data of one role.</summary>
    /// <param name="sets">the list</param>
    /// <param name="role">the role</param>
    /// <param name="texts">its data, each as <see cref="NamedData.Parse"/> takes it; none for no data of this role</param>
    public static IReadOnlyList<NamedData> With(this IReadOnlyList<NamedData> sets, Role role, params IEnumerable<string> texts) =>
        [.. sets.Where(s => s.Role != role).Concat(texts.Select(text => NamedData.Parse(role, text))).OrderBy(s => s.Role)];
}
