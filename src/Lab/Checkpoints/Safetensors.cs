using System.Buffers.Binary;

namespace Heartwood.Lab.Checkpoints;

/// <summary>One safetensors file, mapped into memory (or held in it) and checked whole when it is opened.</summary>
public sealed class SafetensorsFile : TensorFile
{
    SafetensorsFile(FileBytes bytes, SafetensorsHeader header, long dataStart)
        : base(bytes, header.Names, header.Tensors, header.Metadata, dataStart) { }

    /// <summary>Opens a file by memory map.</summary>
    /// <exception cref="CheckpointException">it cannot be read, or anything is wrong with its header</exception>
    public static SafetensorsFile Open(string path) => FileBytes.Open(path, Checked);

    /// <summary>Opens a file that is already in memory, for example an embedded resource.</summary>
    /// <param name="bytes">the whole file</param>
    /// <param name="name">what messages call it</param>
    /// <exception cref="CheckpointException">anything is wrong with its header</exception>
    public static SafetensorsFile Open(ReadOnlyMemory<byte> bytes, string name) => Checked(new(bytes, name));

    static SafetensorsFile Checked(FileBytes bytes)
    {
        if (bytes.Length < 8) throw new CheckpointException($"{bytes.Path}: expected a safetensors file, which has at least 8 bytes, " +
            $"found {bytes.Length}. It is cut off: copy or download it again.");
        long end = SafetensorsHeader.End(bytes.Path, bytes.Length, BinaryPrimitives.ReadUInt64LittleEndian(bytes.Copy(0, 8)));
        return new(bytes, new(bytes.Path, bytes.Copy(8, (int)(end - 8)), bytes.Length - end), end);
    }
}
