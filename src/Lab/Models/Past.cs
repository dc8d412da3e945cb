using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// Keys and values of the tokens of one sequence that a decoder has read, so that the next token costs a pass over itself only.
/// What a probe made of them, and of the stream that they were computed from, stays in them: use one probe throughout.
/// </summary>
public sealed class Past
{
    readonly Dictionary<int, (Tensor Keys, Tensor Values)> layers = [];

    /// <summary>Number of tokens.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// The tokens that come next, as a batch. A pass over it sees what was before, and leaves its keys and values here; make that pass
    /// before the next call.
    /// </summary>
    /// <param name="ids">token ids, at least one</param>
    /// <exception cref="ArgumentException">there is none</exception>
    public Batch Next(params int[] ids)
    {
        if (ids.Length == 0) throw new ArgumentException("A batch needs at least one token.", nameof(ids));
        Batch batch = new(this, ids);
        Count += ids.Length;
        return batch;
    }

    /// <summary>
    /// Keeps a layer's keys and values of the tokens from <paramref name="start"/> on, and gives those of all tokens so far.
    /// </summary>
    internal (Tensor Keys, Tensor Values) With(int layer, int start, Tensor keys, Tensor values)
    {
        if (keys.Tracked || values.Tracked)
            throw new InvalidOperationException("A pass that continues a sequence has no gradients: what it attends to was computed "
                + "before. Give the whole sequence as one batch.");
        var (tokens, width) = keys.AsTokens();
        var (roomKeys, roomValues) = layers.TryGetValue(layer, out var room) ? room : (Tensor.Lasting(0, width), Tensor.Lasting(0, width));
        layers[layer] = (roomKeys, roomValues) = (Filled(roomKeys, start, keys), Filled(roomValues, start, values));
        return (roomKeys.FirstRows(start + tokens), roomValues.FirstRows(start + tokens));
    }

    // room doubles, so that what was before is copied once in a while only
    static Tensor Filled(Tensor room, int start, Tensor rows)
    {
        var (tokens, width) = rows.AsTokens();
        if (start + tokens > room.Shape[0])
        {
            Tensor larger = Tensor.Lasting(Math.Max(start + tokens, 2 * room.Shape[0]), width);
            room.Values[..(start * width)].CopyTo(larger.Change());
            room = larger;
        }
        rows.Values.CopyTo(room.Change()[(start * width)..]);
        return room;
    }
}
