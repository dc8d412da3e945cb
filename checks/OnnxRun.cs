using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Heartwood.Checks;

/// <summary>ONNX files in ONNX Runtime, on the processor.</summary>
public static class OnnxRun
{
    // after which no other round begins
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks the first file for its scores, and takes the time of all in turn.</summary>
    /// <param name="files">files, each a model with Optimum's names of inputs and outputs</param>
    /// <param name="question">what they are asked</param>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime does not load or run a file</exception>
    public static Answers Answer(IReadOnlyList<string> files, Question question)
    {
        // each waits without spinning, so that the one that runs next has the processor to itself
        using SessionOptions options = new() { IntraOpNumThreads = question.Threads, InterOpNumThreads = 1 };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        InferenceSession[] sessions = [.. files.Select(file => new InferenceSession(file, options))];
        try
        {
            byte[][] scores = [.. question.Batches.Select(batch => Scores(sessions[0], batch))];
            QuestionBatch[] timed = [.. question.Batches.Where(batch => batch.Timed)];
            List<double>[] seconds = [.. sessions.Select(_ => new List<double>())];
            Stopwatch spent = Stopwatch.StartNew();
            for (int round = 0; round < question.Rounds && (round == 0 || spent.Elapsed < Patience); round++)
                foreach (int file in InTurn(sessions.Length, round))
                {
                    foreach (QuestionBatch batch in timed.Take(1)) Run(sessions[file], batch, _ => 0);        // warm again after the other
                    long start = Stopwatch.GetTimestamp();
                    foreach (QuestionBatch batch in timed) Run(sessions[file], batch, _ => 0);
                    seconds[file].Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
            return new($"ONNX Runtime {OrtEnv.Instance().GetVersionString()}", scores,
                question.Rounds == 0 ? [] : [.. seconds.Select(s => s.Order().ElementAt(s.Count / 2))]);
        }
        finally
        {
            foreach (InferenceSession session in sessions) session.Dispose();
        }
    }

    // who begins changes from round to round
    static IEnumerable<int> InTurn(int files, int round) => Enumerable.Range(0, files).Select(i => (i + round) % files);

    static byte[] Scores(InferenceSession session, QuestionBatch batch) => Run(session, batch, output =>
    {
        ReadOnlySpan<float> all = output.GetTensorDataAsSpan<float>();
        long[] shape = output.GetTensorTypeAndShape().Shape;
        if (batch.Read is null) return MemoryMarshal.AsBytes(all).ToArray();
        (int tokens, int width) = ((int)shape[1], (int)shape[2]);
        float[] read = new float[batch.Read.Length * width];
        for (int row = 0; row < batch.Read.Length; row++)
            all.Slice((row * tokens + batch.Read[row]) * width, width).CopyTo(read.AsSpan(row * width));
        return MemoryMarshal.AsBytes<float>(read).ToArray();
    });

    static T Run<T>(InferenceSession session, QuestionBatch batch, Func<OrtValue, T> read)
    {
        string[] names = [.. session.InputMetadata.Keys];
        OrtValue[] inputs = [.. names.Select(name => Input(name, session.InputMetadata[name], batch))];
        try
        {
            string[] outputs = [.. session.OutputMetadata.Keys.Where(name => !name.StartsWith("present.", StringComparison.Ordinal))];
            using RunOptions options = new();
            using IDisposableReadOnlyCollection<OrtValue> made = session.Run(options, names, inputs, outputs);
            return read(made[0]);
        }
        finally
        {
            foreach (OrtValue input in inputs) input.Dispose();
        }
    }

    static OrtValue Input(string name, NodeMetadata metadata, QuestionBatch batch) => name switch
    {
        "input_ids" => Whole(batch.Ids),
        "attention_mask" => Whole(batch.Mask),
        "token_type_ids" => Whole(batch.Types),
        "position_ids" => Whole([.. batch.Mask.Select(Positions)]),
        _ when name.StartsWith("past_key_values.", StringComparison.Ordinal) => OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, TensorElementType.Float, [batch.Ids.Length, metadata.Dimensions[1], 0, metadata.Dimensions[3]]),
        _ => throw new InvalidDataException($"The file has an input '{name}', which is none of Optimum's names for such models."),
    };

    static OrtValue Whole(long[][] rows) =>
        OrtValue.CreateTensorValueFromMemory<long>([.. rows.SelectMany(row => row)], [rows.Length, rows[0].Length]);

    // counted over the row's own tokens; padding before them has the first one's
    static long[] Positions(long[] mask)
    {
        long next = 0;
        return [.. mask.Select(kept => kept == 1 ? next++ : Math.Max(0, next - 1))];
    }
}
