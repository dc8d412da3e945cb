using System.Diagnostics;

namespace Heartwood.App.Console;

/// <summary>Turns whatever stops a command into one line on the error stream and an exit code.</summary>
static class Failures
{
    /// <summary>The command did what was asked.</summary>
    public const int Success = 0;

    /// <summary>It could not.</summary>
    public const int Failure = 1;

    /// <summary>What was asked cannot be understood.</summary>
    public const int Usage = 2;

    /// <summary>It was stopped by Ctrl+C or SIGTERM.</summary>
    public const int Cancelled = 130;

    /// <summary>Says in one line why a command ended, and gives the exit code.</summary>
    /// <param name="failure">what was thrown; of several thrown together, the first that is more than a cancellation</param>
    /// <param name="error">the error stream</param>
    /// <param name="interruption">whether the user stopped the command</param>
    /// <param name="verbose">whether to add the stack</param>
    public static int Tell(Exception failure, TextWriter error, Interruption interruption, bool verbose)
    {
        Exception first = First(failure);
        bool cancelled = first is OperationCanceledException && interruption.Token.IsCancellationRequested;
        string next = verbose ? "please report it with the stack below" : "run it again with --verbose for the stack, and report it";
        error.WriteLine(cancelled ? interruption.Farewell
            : IsExpected(first) ? $"Error: {InOneLine(first)}"
            : $"Error: {InOneLine(first)} ({first.GetType().Name}; this is a bug of Heartwood: {next}.)");
        if (verbose) error.WriteLine(failure);
        return cancelled ? Cancelled : Failure;
    }

    /// <summary>
    /// Whether a failure is a statement to the user, not a bug: trouble with files or memory, or an exception that
    /// Heartwood's own code throws on purpose (one that the runtime throws inside Heartwood's code is a bug).
    /// </summary>
    internal static bool IsExpected(Exception failure) => failure switch
    {
        IOException or UnauthorizedAccessException or InvalidDataException or OutOfMemoryException => true,
        OperationCanceledException or NullReferenceException or IndexOutOfRangeException or InvalidCastException or UnreachableException =>
            false,
        DivideByZeroException or OverflowException or ArrayTypeMismatchException or NotImplementedException => false,
        _ => new StackTrace(failure).GetFrame(0)?.GetMethod()?.DeclaringType?.Assembly.GetName().Name is { } thrower
            && thrower.StartsWith("heartwood", StringComparison.OrdinalIgnoreCase),
    };

    static Exception First(Exception failure) => failure is AggregateException several
        ? several.Flatten().InnerExceptions.OrderBy(e => e is OperationCanceledException).First() : failure;

    static string InOneLine(Exception failure)
    {
        string message = failure is OutOfMemoryException
            ? "The machine has not enough memory for this. Use fewer threads, smaller batches or a smaller model."
            : failure.Message;
        if (failure is ArgumentException { ParamName: { } name }) message = message.Replace($" (Parameter '{name}')", "");
        return string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }
}
