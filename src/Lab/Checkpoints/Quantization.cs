namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// Weights that are stored as codes, with scales next to them. Codes are numbers like others, and read as weights they would be wrong.
/// Names as GPTQ and AWQ, bitsandbytes, compressed-tensors and Hugging Face's FP8 write them.
/// </summary>
static class Quantization
{
    static readonly (string End, string By)[] signs =
    [
        (".qweight", "GPTQ or AWQ"), (".qzeros", "GPTQ or AWQ"), (".g_idx", "GPTQ"), (".scales", "GPTQ or AWQ"),
        (".SCB", "bitsandbytes, 8 bits"), (".weight_format", "bitsandbytes, 8 bits"), (".absmax", "bitsandbytes, 4 bits"),
            (".quant_map", "bitsandbytes, 4 bits"),
        (".weight_packed", "compressed-tensors"), (".weight_scale", "FP8 or compressed-tensors"), (".weight_scale_inv", "FP8"),
            (".weight_zero_point", "compressed-tensors"),
        (".input_scale", "FP8"), (".activation_scale", "FP8"), ("_packed_params", "PyTorch"),
        (".weight_scales", "EETQ"), (".W_q", "HQQ"), (".codebooks", "AQLM"), ("._data", "Quanto"),
        ("._scale", "Quanto"), ("_proj_scales", "MXFP4"),
    ];

    /// <summary>Refuses a checkpoint of quantized weights.</summary>
    /// <exception cref="CheckpointException">it is one; the message names a tensor that shows it</exception>
    public static void Refuse(Checkpoint checkpoint)
    {
        foreach (string name in checkpoint.Names)
            if (Array.Find(signs, sign => name.EndsWith(sign.End, StringComparison.Ordinal)) is { End: not null } sign)
                throw new CheckpointException($"{checkpoint.Path}: its weights are quantized ({sign.By}): the tensor '{name}' " +
                    $"{checkpoint.DtypeOf(name)} holds what is needed to make weights of stored codes, and Heartwood does not. Give the " +
                    "model from before its quantization, in F32, F16 or BF16.");
    }
}
