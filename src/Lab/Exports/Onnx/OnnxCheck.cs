using System.Runtime.InteropServices;
using System.Text.Json;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>What the program in <c>checks/</c> is asked; its source says what each means.</summary>
sealed record RuntimeQuestion(int Threads, int Rounds, IReadOnlyList<RuntimeBatch> Batches);

/// <summary>One input of it.</summary>
sealed record RuntimeBatch(long[][] Ids, long[][] Mask, long[][] Types, int[]? Read, bool Timed);

/// <summary>What it answers.</summary>
sealed record RuntimeAnswers(string LoadedBy, IReadOnlyList<byte[]> Scores, IReadOnlyList<double> Seconds);

/// <summary>
/// A written graph in ONNX Runtime next to the model in Heartwood: every row alone and in a padded batch. Of a classifier the scores are
/// compared; of a model of the vocabulary those of one token a row (a decoder's last, an encoder's middle one); of a body that token's
/// stream.
/// </summary>
static class OnnxCheck
{
    const int RowsOfABatch = 32, Rounds = 5;

    /// <summary>Asks the program in <c>checks/</c>, where it is here.</summary>
    /// <param name="asked">what is compared</param>
    /// <param name="program">the program; null where it is not here</param>
    /// <param name="stop">ends it</param>
    internal static ExportCheck Run(ExportQuestion asked, string? program, CancellationToken stop)
    {
        if (program is null)
            return ExportCheck.None($"the program with ONNX Runtime is not here: {ChecksProgram.HowToGet}");
        return Compare(asked,
            (files, question) => ChecksProgram.Ask<RuntimeQuestion, RuntimeAnswers>(program, "onnx", files, question, stop), stop);
    }

    /// <summary>The same, asked in another way.</summary>
    /// <param name="asked">what is compared</param>
    /// <param name="ask">gives what ONNX Runtime makes of files and a question</param>
    /// <param name="stop">ends it between rows</param>
    /// <param name="padLeft">whether padding stands on the left; for decoders</param>
    internal static ExportCheck Compare(
        ExportQuestion asked, Func<IReadOnlyList<string>, RuntimeQuestion, RuntimeAnswers> ask, CancellationToken stop,
        bool padLeft = false)
    {
        RuntimeBatch[] batches =
        [
            .. asked.Rows.Chunk(RowsOfABatch).Select(rows => Padded(asked.Model, rows, timed: true, padLeft)),
            .. asked.Rows.Select(row => Padded(asked.Model, [row], timed: false, padLeft)),
        ];
        string[] files = [.. ((string?[])[asked.Written, asked.Beside?.Invoke()]).OfType<string>()
            .Select(folder => Path.Combine(folder, OnnxExport.ModelFile))];
        RuntimeAnswers answers = ask(files, new(asked.Threads, Rounds, batches));
        float[][] expected = [.. asked.Rows.Select(row => Scores(asked.Model, row, stop))];
        int next = 0;
        long compared = 0, same = 0;
        double largest = 0;
        for (int b = 0; b < batches.Length; b++)
        {
            ReadOnlySpan<float> made = MemoryMarshal.Cast<byte, float>(answers.Scores[b]);
            int rows = batches[b].Ids.Length, width = made.Length / rows;
            for (int row = 0; row < rows; row++)
            {
                float[] ours = expected[next++ % expected.Length];
                if (ours.Length != width)
                    throw new InvalidDataException($"{files[0]}: ONNX Runtime gives {width} numbers a row, the model {ours.Length}.");
                for (int i = 0; i < width; i++) largest = Larger(largest, Math.Abs((double)made[row * width + i] - ours[i]));
                compared += width;
                if (Highest(made.Slice(row * width, width)) == Highest(ours)) same++;
            }
        }
        return new(answers.LoadedBy, largest, compared, answers.Seconds[0], answers.Seconds.Count > 1 ? answers.Seconds[1] : null, null)
        {
            LargestScore = expected.Max(row => row.Max(Math.Abs)),
            SameAnswers = asked.Model.Output is Output.None || expected[0].Length == 1 ? null : (double)same / next,
        };
    }

    static int Highest(ReadOnlySpan<float> scores) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(scores);

    // NaN is the largest of all
    static double Larger(double largest, double one) => one <= largest ? largest : one;

    static RuntimeBatch Padded(IModel model, Sequence[] rows, bool timed, bool padLeft)
    {
        int longest = rows.Max(row => row.Ids.Length);
        long padding = Padding(model);
        return new(
            [.. rows.Select(row => Pad(row.Ids, padding))],
            [.. rows.Select(row => Pad(Array.ConvertAll(row.Ids, _ => 1), 0))],
            [.. rows.Select(row => Pad(row.TokenTypes, 0))],
            model.Output == Output.Labels ? null
                : [.. rows.Select(row => TokenRead(model, row) + (padLeft ? longest - row.Ids.Length : 0))], timed);

        long[] Pad(int[] values, long with)
        {
            long[] row = Array.ConvertAll(values, value => (long)value), more = new long[longest - row.Length];
            Array.Fill(more, with);
            return padLeft ? [.. more, .. row] : [.. row, .. more];
        }
    }

    // RoBERTa counts positions by it
    static long Padding(IModel model) =>
        model.Config["pad_token_id"] is { } node && node.GetValueKind() == JsonValueKind.Number
            && node.GetValue<int>() is >= 0 and var id && id < model.Vocabulary ? id : OnnxFamily.For(model.Family)!.Padding;

    static int TokenRead(IModel model, Sequence row) => model.Causal ? row.Ids.Length - 1 : row.Ids.Length / 2;

    static float[] Scores(IModel model, Sequence row, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        using Scope scope = Scope.Open();
        Batch batch = new([row]);
        if (model.Output == Output.Labels || model.Causal) return model.Forward(batch, NoProbe.Instance).Values.ToArray();
        Tensor all = model.Output == Output.Vocabulary ? model.Forward(batch, NoProbe.Instance, Tokens.All)
            : model.Stream(batch, NoProbe.Instance, Tokens.All);
        int width = all.Shape.Last;
        return all.Values.Slice(TokenRead(model, row) * width, width).ToArray();
    }
}
