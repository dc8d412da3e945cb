namespace Heartwood.Lab.Tasks.Worlds;

/// <summary>
/// The words of the made-up language, by class. Verbs are regular pasts, so that a past is its own participle ("was admired by").
/// </summary>
static class Lexicon
{
    public static readonly string[] Nouns = Words("""
        doctor lawyer judge senator actor author artist banker baker farmer tailor dancer singer painter pilot sailor soldier nurse teacher
        student professor scientist engineer manager secretary president minister athlete coach guard waiter chef poet clerk merchant miner
        tourist driver king queen
        """);

    public static readonly string[] Transitives = Words("""
        admired advised amused attacked avoided called chased contacted encouraged followed helped ignored invited kicked mentioned noticed
        praised pushed recognized supported thanked trusted visited warned
        """);

    public static readonly string[] Intransitives =
        Words("arrived danced laughed slept smiled shouted waited worked coughed cried sang left yawned waved");

    public static readonly string[] Adjectives =
        Words("tall young old happy angry tired famous quiet clever brave rich kind proud calm busy polite");

    public static readonly string[] Adverbs = Words("quickly slowly quietly loudly gladly rarely often suddenly calmly politely");

    /// <summary>What a word in angle brackets stands for in a <see cref="Pattern"/>: itself or any other of its class.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> Classes = new Dictionary<string, string[]>
    {
        ["<near>"] = Words("near behind beside opposite beyond"),
        ["<knew>"] = Words("knew remembered learned realized"),
        ["<hoped>"] = Words("hoped believed thought claimed"),
        ["<certainly>"] = Words("certainly clearly indeed"),
        ["<perhaps>"] = Words("perhaps probably maybe"),
    };

    public const string Someone = "someone";

    static readonly string[] Function = [.. Words("the who that was by and but it"), Someone];

    /// <summary>Every word once, in the order of the classes above.</summary>
    public static readonly string[] All =
        [.. Nouns, .. Transitives, .. Intransitives, .. Adjectives, .. Adverbs, .. Classes.Values.SelectMany(words => words), .. Function];

    /// <summary>
    /// The nouns, or the verbs of one kind, that may stand where <paramref name="word"/> stands; null for every other word.
    /// </summary>
    public static string[]? ContentClass(string word) => contentClass.GetValueOrDefault(word);

    static readonly Dictionary<string, string[]> contentClass =
        new[] { Nouns, Transitives, Intransitives }.SelectMany(words => words, (words, word) => (words, word))
            .ToDictionary(entry => entry.word, entry => entry.words);

    static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
