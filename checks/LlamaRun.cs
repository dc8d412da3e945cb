using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using LLama;
using LLama.Common;
using LLama.Native;

namespace Heartwood.Checks;

/// <summary>GGUF files in llama.cpp, on the processor.</summary>
public static class LlamaRun
{
    // after which no other round begins
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Has the first file go on with the prompts, and takes the time of all in turn.</summary>
    /// <param name="files">GGUF files, each a language model</param>
    /// <param name="question">what they are asked</param>
    /// <exception cref="InvalidDataException">llama.cpp does not run a file</exception>
    public static LlamaAnswers Answer(IReadOnlyList<string> files, LlamaQuestion question)
    {
        NativeLibraryConfig.All.WithLogCallback((level, message) =>
        {
            if (level == LLamaLogLevel.Error) Console.Error.Write(message);
        });
        List<IDisposable> open = [];
        try
        {
            LLamaContext[] contexts = [.. files.Select(Open)];
            Continuation[] answers = [.. question.Prompts.Select(prompt => Continue(contexts[0], prompt, question.Tokens))];
            List<double>[] seconds = [.. contexts.Select(_ => new List<double>())];
            Stopwatch spent = Stopwatch.StartNew();
            for (int round = 0; round < question.Rounds && (round == 0 || spent.Elapsed < Patience); round++)
                foreach (int file in Enumerable.Range(0, contexts.Length).Select(i => (i + round) % contexts.Length))
                {
                    Continue(contexts[file], question.Prompts[0], 1);                           // warm again after the other
                    long start = Stopwatch.GetTimestamp();
                    foreach (int[] prompt in question.Prompts) Continue(contexts[file], prompt, question.Tokens);
                    seconds[file].Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
            return new(LoadedBy, [.. answers.Select(a => a.Said)], [.. answers.Select(a => a.Scores)],
                question.Rounds == 0 ? [] : [.. seconds.Select(s => s.Order().ElementAt(s.Count / 2))]);
        }
        finally
        {
            foreach (IDisposable one in Enumerable.Reverse(open)) one.Dispose();
        }

        LLamaContext Open(string file)
        {
            uint room = (uint)question.Prompts.Max(prompt => prompt.Length + question.Tokens);
            ModelParams settings = new(file)
            {
                ContextSize = room,
                BatchSize = room,
                UBatchSize = room,
                GpuLayerCount = 0,
                Threads = question.Threads,
                BatchThreads = question.Threads,
                // as float32 attention is computed elsewhere: llama.cpp rounds what it caches to half precision unless it is told not to
                TypeK = GGMLType.GGML_TYPE_F32,
                TypeV = GGMLType.GGML_TYPE_F32,
                FlashAttention = false,
            };
            LLamaWeights weights = LLamaWeights.LoadFromFile(settings);
            open.Add(weights);
            LLamaContext context = weights.CreateContext(settings);
            open.Add(context);
            return context;
        }
    }

    // LLamaSharp's assembly has no version of its own
    static string LoadedBy => $"llama.cpp (LLamaSharp {typeof(LlamaRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "LLamaSharp").Value})";

    sealed record Continuation(int[] Said, byte[] Scores);

    static Continuation Continue(LLamaContext context, int[] prompt, int tokens)
    {
        SafeLLamaContextHandle handle = context.NativeHandle;
        handle.MemoryClear();
        LLamaBatch batch = new();
        for (int i = 0; i < prompt.Length; i++) batch.Add((LLamaToken)prompt[i], (LLamaPos)i, LLamaSeqId.Zero, i == prompt.Length - 1);
        List<int> said = [];
        List<byte> scores = [];
        for (int step = 0; step < tokens; step++)
        {
            DecodeResult result = handle.Decode(batch);
            if (result != DecodeResult.Ok)
                throw new InvalidDataException($"llama.cpp does not go on after {prompt.Length + step} tokens: {result}.");
            ReadOnlySpan<float> next = handle.GetLogitsIth(batch.TokenCount - 1);
            if (step == 0 || step == tokens - 1) scores.AddRange(MemoryMarshal.AsBytes(next));
            said.Add(Best(next));
            batch.Clear();
            batch.Add((LLamaToken)said[^1], (LLamaPos)(prompt.Length + step), LLamaSeqId.Zero, true);
        }
        return new([.. said], [.. scores]);
    }

    // the first of equals
    static int Best(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
            if (scores[i] > scores[best]) best = i;
        return best;
    }
}
