namespace Heartwood.Tensors;

/// <summary>How a tensor was made: from which inputs, and how a gradient with respect to it becomes gradients with respect to them.</summary>
/// <param name="Op">name of the operation, for error messages</param>
/// <param name="Inputs">what it was made from</param>
/// <param name="Slopes">from the gradient of the result to those of the inputs; null for inputs that need none</param>
sealed record Origin(string Op, Tensor[] Inputs, Func<Tensor, Tensor?[]> Slopes);

/// <summary>Reverse-mode differentiation. Gradients are returned, never stored on tensors, and computed only along paths that reach what was asked for.</summary>
public static class Differentiation
{
    [ThreadStatic] static HashSet<Tensor>? onPath;               // set while gradients are computed: what they flow through; nothing is recorded then

    /// <summary>Whether an operation on these inputs must remember its way back.</summary>
    internal static bool Recording(params ReadOnlySpan<Tensor?> inputs)
    {
        if (onPath is not null) return false;
        foreach (Tensor? input in inputs) if (input?.Tracked == true) return true;
        return false;
    }

    /// <summary>Whether the gradient with respect to this input leads to one that was asked for.</summary>
    internal static bool Wanted(this Tensor input) => onPath!.Contains(input);

    /// <summary>Notes how each input's gradient follows from the result's; broadcasting is undone by <see cref="Gradients"/>.</summary>
    internal static Tensor Record(string op, Tensor result, params ReadOnlySpan<(Tensor Input, Func<Tensor, Tensor> Slope)> inputs)
    {
        if (onPath is not null) return result;
        bool tracked = false;
        foreach (var (input, _) in inputs) tracked |= input.Tracked;
        if (!tracked) return result;
        var pairs = inputs.ToArray();
        return Record(op, result, Array.ConvertAll(pairs, p => p.Input), g => Array.ConvertAll(pairs, p => p.Input.Wanted() ? p.Slope(g) : null));
    }

    /// <summary>The same for operations whose gradients are computed together.</summary>
    internal static Tensor Record(string op, Tensor result, Tensor[] inputs, Func<Tensor, Tensor?[]> slopes)
    {
        if (!Recording(inputs)) return result;
        result.Tracked = true;
        result.Origin = new(op, inputs, slopes);
        return result;
    }

    /// <summary>Gradients of a single number with respect to tracked tensors.</summary>
    /// <param name="root">the number, for example a loss</param>
    /// <param name="wanted">what to differentiate by; each must have been tracked before the root was computed</param>
    /// <returns>one tensor per wanted one, of its shape; zeros where the root does not depend on it</returns>
    /// <exception cref="ShapeException">the root is not a single number</exception>
    /// <exception cref="InvalidOperationException">a wanted tensor was not tracked</exception>
    public static Tensor[] Gradients(this Tensor root, params Tensor[] wanted)
    {
        if (root.Count != 1) throw new ShapeException($"Gradients are of a single number, the tensor is {root.Shape}; take its Sum or Mean.");
        foreach (Tensor tensor in wanted)
            if (!tensor.Tracked) throw new InvalidOperationException($"The gradient with respect to a tensor {tensor.Shape} was asked for, but it was not tracked; call Track() on it before the loss is computed.");

        List<Tensor> order = Order(root, wanted);
        Dictionary<Tensor, Tensor> slopes = new(ReferenceEqualityComparer.Instance) { [root] = Tensor.Filled(1, root.Shape) };
        onPath = new(order, ReferenceEqualityComparer.Instance);
        try
        {
            for (int i = order.Count - 1; i >= 0; i--)
            {
                Tensor made = order[i];
                if (made.Origin is not { } origin || !slopes.TryGetValue(made, out Tensor? slope)) continue;
                Tensor?[] back = origin.Slopes(slope);
                for (int k = 0; k < back.Length; k++)
                {
                    Tensor input = origin.Inputs[k];
                    if (back[k] is not { } one || !onPath.Contains(input)) continue;
                    Tensor fitted = one.SumTo(input.Shape);
                    slopes[input] = slopes.TryGetValue(input, out Tensor? sum) ? sum + fitted : fitted;
                }
            }
            return Array.ConvertAll(wanted, t => slopes.TryGetValue(t, out Tensor? g) ? g : Tensor.Zeros(t.Shape.Axes));
        }
        finally
        {
            onPath = null;
        }
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
