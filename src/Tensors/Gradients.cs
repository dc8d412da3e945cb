using Heartwood.Tensors.Backends;

namespace Heartwood.Tensors;

/// <summary>
/// How a tensor was made: from which inputs, and how a gradient with respect to it becomes gradients with respect to them.
/// </summary>
/// <param name="Op">name of the operation, for error messages</param>
/// <param name="Inputs">what it was made from</param>
/// <param name="Kept">tensors whose values the slopes read, with the version that they were recorded at</param>
/// <param name="Slopes">from the gradient of the result to those of the inputs; null for inputs that need none</param>
sealed record Origin(string Op, Tensor[] Inputs, (Tensor Tensor, int Version)[] Kept, Func<Tensor, Tensor?[]> Slopes)
{
    internal void RequireUnchanged()
    {
        foreach (var (tensor, version) in Kept)
            if (tensor.Version != version)
                throw new InvalidOperationException(
                    $"A tensor {tensor.Shape} was changed in place after the operation '{Op}' used it and before its gradient was "
                    + "computed; the gradient would be wrong. Ask for gradients first, or change a copy.");
    }
}

/// <summary>
/// Reverse-mode differentiation. Gradients are returned, never stored on tensors, and computed only along paths that reach what was asked
/// for.
/// </summary>
public static class Differentiation
{
    // set while gradients are computed: what they flow through; nothing is recorded then
    [ThreadStatic] static HashSet<Tensor>? onPath;

    /// <summary>Whether an operation on these inputs must remember its way back.</summary>
    internal static bool Recording(params ReadOnlySpan<Tensor?> inputs)
    {
        if (onPath is not null) return false;
        foreach (Tensor? input in inputs) if (input?.Tracked == true) return true;
        return false;
    }

    /// <summary>Whether the gradient with respect to this input leads to one that was asked for.</summary>
    internal static bool Wanted(this Tensor input) => onPath!.Contains(input);

    /// <summary>This tensor where the gradient of an input, which reads its values, may be asked for.</summary>
    internal static Tensor? For(this Tensor kept, Tensor input) => input.Tracked ? kept : null;

    /// <summary>Notes how each input's gradient follows from the result's; broadcasting is undone by <see cref="Gradients"/>.</summary>
    /// <param name="op">name of the operation</param>
    /// <param name="result">what it made</param>
    /// <param name="kept">
    /// tensors whose values the slopes read; their memory stays until the pass's scope closes, all other memory may go before
    /// </param>
    /// <param name="inputs">each input with its slope</param>
    internal static Tensor Record(
        string op, Tensor result, ReadOnlySpan<Tensor?> kept, params ReadOnlySpan<(Tensor Input, Func<Tensor, Tensor> Slope)> inputs)
    {
        if (onPath is not null) return result;
        bool tracked = false;
        foreach (var (input, _) in inputs) tracked |= input.Tracked;
        if (!tracked) return result;
        var pairs = inputs.ToArray();
        Tensor[] made = Array.ConvertAll(pairs, p => p.Input);
        return Record(op, result, kept, made, g => Array.ConvertAll(pairs, p => p.Input.Wanted() ? p.Slope(g) : null));
    }

    /// <summary>The same for operations whose gradients are computed together.</summary>
    internal static Tensor Record(string op, Tensor result, ReadOnlySpan<Tensor?> kept, Tensor[] inputs, Func<Tensor, Tensor?[]> slopes)
    {
        if (!Recording(inputs)) return result;
        List<(Tensor, int)> stay = [];
        foreach (Tensor? tensor in kept)
            if (tensor is not null) stay.Add((tensor.Stay(), tensor.Version));
        result.Tracked = true;
        result.Origin = new(op, inputs, [.. stay], slopes);
        return result;
    }

    /// <summary>Gradients of a single number with respect to tracked tensors.</summary>
    /// <param name="root">the number, for example a loss</param>
    /// <param name="wanted">what to differentiate by; each must have been tracked before the root was computed</param>
    /// <returns>one tensor per wanted one, of its shape; zeros where the root does not depend on it</returns>
    /// <exception cref="ShapeException">the root is not a single number</exception>
    /// <exception cref="InvalidOperationException">
    /// a wanted tensor was not tracked, or a tensor that a gradient needs was changed in place
    /// </exception>
    public static Tensor[] Gradients(this Tensor root, params Tensor[] wanted)
    {
        if (root.Count != 1)
            throw new ShapeException($"Gradients are of a single number, the tensor is {root.Shape}; take its Sum or Mean.");
        foreach (Tensor tensor in wanted)
            if (!tensor.Tracked)
                throw new InvalidOperationException(
                    $"The gradient with respect to a tensor {tensor.Shape} was asked for, but it was not tracked; "
                    + "call Track() on it before the loss is computed.");

        List<Tensor> order = Order(root, wanted);
        onPath = new(order, ReferenceEqualityComparer.Instance);
        Pending pending = new(wanted);
        pending.Add(root, Tensor.Filled(1, root.Shape));
        try
        {
            for (int i = order.Count - 1; i >= 0; i--)
            {
                if (order[i].Origin is not { } origin || pending.Known(order[i]) is not { } slope) continue;
                origin.RequireUnchanged();
                using Scope? step = Scope.IsOpen ? Scope.Open() : null;
                Tensor?[] back = origin.Slopes(slope);
                for (int k = 0; k < back.Length; k++)
                {
                    Tensor input = origin.Inputs[k];
                    if (back[k] is { } one && onPath.Contains(input)) pending.Add(input, one.SumTo(input.Shape));
                }
                pending.Done(order[i], step);
            }
            return Array.ConvertAll(wanted, t => pending.Known(t) ?? Tensor.Zeros(t.Shape.Axes));
        }
        finally
        {
            onPath = null;
        }
    }

    // The gradients that are known so far and still needed. Their memory is given back as soon as they have been passed on, so a
    // backward pass holds a few tensors at a time and not one for every tensor of the forward pass.
    sealed class Pending(Tensor[] wanted)
    {
        readonly Dictionary<Tensor, Tensor> slopes = new(ReferenceEqualityComparer.Instance);
        readonly Dictionary<Block, int> users = [];              // how many of the slopes share a block
        readonly HashSet<Block> ours = [];                       // blocks that were lent to the backward pass

        internal Tensor? Known(Tensor tensor) => slopes.GetValueOrDefault(tensor);

        internal void Add(Tensor tensor, Tensor slope)
        {
            if (slopes.TryGetValue(tensor, out Tensor? before))
            {
                if (ours.Contains(before.Block) && users[before.Block] == 1)
                {
                    Walk walk = Walk.Broadcast(before.Shape, slope.Shape, before.Shape);
                    Machine.Backend.Zip(Binary.Add, before.Values, slope.Values, before.Writable, walk);
                    return;
                }
                slope = before + slope;
                Drop(before.Block);
            }
            slopes[tensor] = slope;
            users[slope.Block] = users.GetValueOrDefault(slope.Block) + 1;
        }

        internal void Done(Tensor tensor, Scope? step)
        {
            step?.HandOver(block => users.ContainsKey(block) && ours.Add(block));
            if (Array.IndexOf(wanted, tensor) >= 0 || !slopes.Remove(tensor, out Tensor? slope)) return;
            Drop(slope.Block);
        }

        void Drop(Block block)
        {
            int left = users[block] - 1;
            if (left > 0)
            {
                users[block] = left;
                return;
            }
            users.Remove(block);
            if (ours.Remove(block)) Scope.TakeBack(block);
        }
    }

    /// <summary>
    /// What a function makes of a tensor, with nothing kept that lies in between: the way back computes it once more (Chen et al. 2016,
    /// "Training deep nets with sublinear memory cost"). For what is large in between only, as scores over a vocabulary.
    /// </summary>
    /// <param name="x">what the function is given</param>
    /// <param name="f">the function: the same values each time; tracked leaves that it reads, as weights, get their gradients too</param>
    public static Tensor Recomputed(this Tensor x, Func<Tensor, Tensor> f)
    {
        Tensor[] inputs;
        float[] values;
        Shape shape;
        using (Scope.Open())
        {
            Tensor given = Given(x), y = f(given);
            inputs = [x, .. Leaves(y).Where(leaf => leaf != given)];
            (values, shape) = (y.Values.ToArray(), y.Shape);
        }
        return Record("recomputed", Tensor.From(values, shape.Axes), inputs, inputs, g =>
        {
            bool[] wanted = Array.ConvertAll(inputs, Wanted);
            HashSet<Tensor>? outer = onPath;
            onPath = null;                                       // what the function does is recorded again
            try
            {
                Tensor given = Given(x), root = (f(given) * g).Sum();
                Tensor[] slopes = root.Gradients([.. inputs.Select((input, i) => i == 0 ? given : input).Where((_, i) => wanted[i])]);
                int next = 0;
                return Array.ConvertAll(wanted, asked => asked ? slopes[next++] : null);
            }
            finally
            {
                onPath = outer;
            }
        });

        static Tensor Given(Tensor x) => x.Tracked ? x.Detach().Track() : x.Detach();
    }

    // the tracked tensors that nothing was made of
    static List<Tensor> Leaves(Tensor root)
    {
        HashSet<Tensor> seen = new(ReferenceEqualityComparer.Instance) { root };
        Stack<Tensor> open = new(seen);
        List<Tensor> leaves = [];
        while (open.TryPop(out Tensor? tensor))
        {
            if (tensor is { Tracked: true, Origin: null }) leaves.Add(tensor);
            foreach (Tensor input in tensor.Origin?.Inputs ?? [])
                if (seen.Add(input)) open.Push(input);
        }
        return leaves;
    }

    // Everything between root and wanted, inputs before results. No recursion: a deep model must not end the stack.
    static List<Tensor> Order(Tensor root, Tensor[] wanted)
    {
        HashSet<Tensor> leaves = new(wanted, ReferenceEqualityComparer.Instance), seen = new(ReferenceEqualityComparer.Instance) { root };
        List<Tensor> order = [];
        Stack<(Tensor Tensor, int Next)> path = new();
        path.Push((root, 0));
        HashSet<Tensor> reaches = new(ReferenceEqualityComparer.Instance);
        while (path.TryPop(out var at))
        {
            Tensor[] inputs = at.Tensor.Origin?.Inputs ?? [];
            if (at.Next < inputs.Length)
            {
                path.Push((at.Tensor, at.Next + 1));
                if (inputs[at.Next].Tracked && seen.Add(inputs[at.Next])) path.Push((inputs[at.Next], 0));
            }
            else if (leaves.Contains(at.Tensor) || Array.Exists(inputs, reaches.Contains))
            {
                reaches.Add(at.Tensor);
                order.Add(at.Tensor);
            }
        }
        return order;
    }
}
