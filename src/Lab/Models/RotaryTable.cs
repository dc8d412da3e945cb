using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// The angles of rotary positions (Su et al. 2021, section 3.2.2): position p turns pair i of a head by p · base^(−2 i / turned), where
/// as many values of a head are turned, as a rule all; the frequencies changed as the config's scaling says. The table grows with the
/// longest input that was seen.
/// </summary>
/// <param name="frequencies">angle per position of each pair, [turned / 2]</param>
sealed class RotaryTable(double[] frequencies)
{
    Tensor table = Tensor.Lasting(0, 2 * frequencies.Length);

    /// <summary>[position turned] for at least this number of positions: cosines, then sines.</summary>
    internal Tensor For(int positions)
    {
        Tensor now = Volatile.Read(ref table);
        if (now.Shape[0] >= positions) return now;
        int half = frequencies.Length, rows = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)positions);
        Tensor larger = Tensor.Lasting(rows, 2 * half);
        Span<float> values = larger.Change();
        for (int p = 0; p < rows; p++)
            for (int i = 0; i < half; i++)
                (values[p * 2 * half + i], values[p * 2 * half + half + i]) =
                    ((float)Math.Cos(p * frequencies[i]), (float)Math.Sin(p * frequencies[i]));
        Volatile.Write(ref table, larger);
        return larger;
    }

    /// <summary>
    /// The frequencies that a config says: <c>rope_theta</c> and <c>rope_scaling</c>, or both as <c>rope_parameters</c>, as
    /// newer files have it.
    /// </summary>
    /// <param name="config">the file</param>
    /// <param name="turned">how many values of a head are turned, an even number</param>
    /// <param name="share">which share of a head that is, of families that turn less than all of it</param>
    /// <param name="baseKey">what older files of the family call the base</param>
    /// <exception cref="CheckpointException">a kind of scaling that is not known, or another share of a head is to be turned</exception>
    internal static double[] FrequenciesOf(ModelConfig config, int turned, double share = 1, string baseKey = "rope_theta")
    {
        ThisShare(config, share);
        ModelConfig? newer = config.Section("rope_parameters"), older = config.Section("rope_scaling");
        double[] frequencies = Under(newer ?? older);
        return newer is null || older is null || frequencies.SequenceEqual(Under(older)) ? frequencies
            : throw new CheckpointException($"{config.Path}: rope_parameters and rope_scaling turn positions differently. "
                + "Remove the one that is wrong.");

        double[] Under(ModelConfig? scaling) => FrequenciesOf(config, scaling, turned, share, baseKey);
    }

    static double[] FrequenciesOf(ModelConfig config, ModelConfig? scaling, int turned, double share, string baseKey)
    {
        double outside = config.Optional("rope_theta", config.Optional(baseKey, 10000.0));
        double theta = scaling?.Optional("rope_theta", outside) ?? outside;
        if (theta <= 0) throw new CheckpointException($"{config.Path}: rope_theta is {theta}; a base is above 0.");
        double[] plain = [.. Enumerable.Range(0, turned / 2).Select(i => Math.Pow(theta, -2.0 * i / turned))];
        if (scaling is null) return plain;
        ThisShare(scaling, share);
        string kind = scaling.Has("rope_type") ? scaling.Require<string>("rope_type") : scaling.Optional("type", "default");
        string twice = scaling.Optional("type", kind);           // older files say it so, some say it twice
        if (twice != kind)
            throw new CheckpointException($"{scaling.Path}: rope_type is '{kind}', type is '{twice}'. Correct the one that is wrong.");
        double[] scaled = kind switch
        {
            "default" => Default(plain, scaling),
            "linear" => Array.ConvertAll(plain, f => f / Factor(scaling)),
            "dynamic" => Dynamic(plain, scaling, config),
            "llama3" => Llama3(plain, scaling),
            _ => throw new CheckpointException($"{scaling.Path}: rope_type is '{kind}'; Heartwood knows default, linear, dynamic and "
                + "llama3. Use a model with one of these; or, where the model was trained without the key and got it for longer inputs, "
                    + "remove it again, "
                + "and set max_position_embeddings to the length that the model was trained at."),
        };
        scaling.Optional("original_max_position_embeddings", 0.0);        // carried along by kinds that do not read it
        scaling.RefuseUnknown();
        return scaled;
    }

    static double Factor(ModelConfig scaling, string key = "factor") => scaling.Require<double>(key) is > 0 and var factor ? factor
        : throw new CheckpointException($"{scaling.Path}: {key} should be above 0, it is {scaling.Require<double>(key)}.");

    static void ThisShare(ModelConfig config, double share)
    {
        if (config.Optional("partial_rotary_factor", share) is var part && part != share)
            throw new CheckpointException($"{config.Path}: partial_rotary_factor is {part}; "
                + (share == 1 ? "of this family Heartwood turns whole heads only." : $"elsewhere the file says {share}. Correct one."));
    }

    static double[] Default(double[] plain, ModelConfig scaling) => scaling.Optional("factor", 1.0) is 1.0 ? plain
        : throw new CheckpointException($"{scaling.Path}: rope_type is 'default', which scales nothing, and factor is "
            + $"{scaling.Require<double>("factor")}. Correct the one that is wrong.");

    // it stretches positions only for inputs longer than max_position_embeddings, which no model here takes: up to there it is the
    // plain rule
    static double[] Dynamic(double[] plain, ModelConfig scaling, ModelConfig config)
    {
        const string Original = "original_max_position_embeddings";
        _ = Factor(scaling);
        if (scaling.Has(Original) && scaling.RequirePositive(Original) is var original
            && config.Optional("max_position_embeddings", original) != original)
            throw new CheckpointException($"{scaling.Path}: {Original} is {original} and max_position_embeddings another; Heartwood "
                + $"computes rope_type 'dynamic' up to the original length only. Set max_position_embeddings to {original}.");
        return plain;
    }

    // Llama 3.1's rule (Grattafiori et al. 2024; the values are the config's): long waves are stretched by the factor, short ones stay,
    // between them both are mixed
    static double[] Llama3(double[] plain, ModelConfig scaling)
    {
        double factor = Factor(scaling), lowest = Factor(scaling, "low_freq_factor"), highest = Factor(scaling, "high_freq_factor");
        if (highest <= lowest)
            throw new CheckpointException($"{scaling.Path}: high_freq_factor ({highest}) should be above low_freq_factor ({lowest}).");
        int original = scaling.RequirePositive("original_max_position_embeddings");
        return Array.ConvertAll(plain, f =>
        {
            double waves = original * f / (2 * Math.PI), share = Math.Clamp((waves - lowest) / (highest - lowest), 0, 1);
            return (1 - share) * f / factor + share * f;
        });
    }
}
