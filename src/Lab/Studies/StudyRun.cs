using System.Globalization;
using System.Runtime.InteropServices;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Tensors.Backends;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    /// <summary>
    /// A study from search to the facts of all questions, as <c>heartwood find --all</c> runs it, for programs that have tenants of their
    /// own (<see cref="StudyRequest.Tenants"/>). A run that was stopped goes on where it was; one that is finished is read.
    /// </summary>
    /// <param name="path">the run folder: new, empty, or of the same request</param>
    /// <param name="request">what is asked</param>
    /// <param name="clock">the time; the system's where null</param>
    /// <param name="progress">hears of every step; null for nobody</param>
    /// <param name="stop">ends the work</param>
    /// <exception cref="ArgumentException">the request asks for something that is not there</exception>
    /// <exception cref="IOException">the folder holds another run or files of something else, or it cannot be written</exception>
    public static Result Run(string path, StudyRequest request, TimeProvider? clock = null, IProgress<Progress>? progress = null,
        CancellationToken stop = default)
    {
        clock ??= TimeProvider.System;
        Prepared prepared = new(request);
        string version = typeof(Study).Assembly.GetName().Version!.ToString(3);
        string began = clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        using RunFolder folder = RunFolder.Open(path, new("a program, by the library", version, RuntimeInformation.OSDescription,
            Machine.BackendAt(request.Precision), Machine.Threads, request.Seeds, began, prepared.ModelSha256, prepared.Facts,
            RequestText.Flatten(request)), clock, progress, stop);
        Keep(folder, request);
        return folder.Finished ? ResultJson.Read(File.ReadAllText(folder.PathOf("result.json")), request.Tenants.Questions)
            : In(folder, prepared, progress ?? new Progress<Progress>(), stop).All();
    }
}
