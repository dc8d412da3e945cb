using Heartwood.Lab.Json;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>The files of a model folder by name, on disk or in memory.</summary>
/// <param name="folder">the folder, or what messages call it</param>
/// <param name="find">the content of a file, null where there is none</param>
sealed class FolderFiles(string folder, Func<string, byte[]?> find)
{
    /// <summary>The folder.</summary>
    public string Folder => folder;

    /// <summary>The files of a folder on disk.</summary>
    public static FolderFiles On(string folder) =>
        new(folder, name => Path.Combine(folder, name) is var path && File.Exists(path) ? File.ReadAllBytes(path) : null);

    /// <summary>Where a file of this name lies, or would lie.</summary>
    public string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>A file's content, null where there is none.</summary>
    public byte[]? Find(string name) => find(name);

    /// <summary>What a reader makes of a JSON file; null where there is no such file.</summary>
    /// <exception cref="InvalidDataException">not JSON of Unicode text, or <paramref name="read"/> refuses it</exception>
    public T? Json<T>(string name, Func<Field, T> read) where T : class =>
        find(name) is byte[] bytes ? TokenizerJson.Read(bytes, PathOf(name), read) : null;
}
