namespace Heartwood.Lab.Tasks.Tables;

/// <summary>
/// A data file cannot be used. It is the only exception that reading one throws, whatever its content; the message names file and line,
/// what was expected, what was found and the next move.
/// </summary>
public sealed class TableException(string message, Exception? inner = null) : IOException(message, inner)
{
    internal static TableException At(string file, int line, string what) => At(new RowPlace(file, line, "line"), what);

    internal static TableException At(RowPlace place, string what) => new($"{place}: {what}");
}
