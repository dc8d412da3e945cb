using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Tensors;

/// <summary>Memory has one owner: the scope that was open when it was lent.</summary>
public class ScopeTests
{
    [Fact]
    public void A_tensor_of_a_closed_scope_says_so()
    {
        Tensor made, view;
        using (Scope.Open())
        {
            made = Tensor.Ones(3);
            view = made.As(3, 1);
        }
        Assert.Contains("Call Keep()", Assert.Throws<InvalidOperationException>(() => made.Values[0]).Message);
        Assert.Throws<InvalidOperationException>(() => view.Values[0]);
        Assert.Throws<InvalidOperationException>(() => made + Tensor.Ones(3));
    }

    [Fact]
    public void Kept_tensors_outlive_the_scopes_that_they_were_kept_from()
    {
        Tensor once, forever, twice;
        using (Scope.Open())
        {
            using (Scope.Open())
            {
                Tensor made = Tensor.From([1, 2, 3], 3);
                (once, forever, twice) = (made.Keep(), made.KeepForever(), made.Keep());
            }
            using (Scope.Open()) Assert.Equal(0, Tensor.Zeros(3).Values[0]);     // takes over the block that was given back
            Assert.Equal([1, 2, 3], once.Values.ToArray());
            twice = twice.Keep();
        }
        Assert.Throws<InvalidOperationException>(() => once.Values[0]);
        Assert.Equal([1, 2, 3], forever.Values.ToArray());
        Assert.Equal([1, 2, 3], twice.Values.ToArray());
    }

    [Fact]
    public void Scopes_close_in_the_reverse_order_of_opening()
    {
        using Scope outer = Scope.Open();
        using (Scope.Open()) Assert.Throws<InvalidOperationException>(outer.Dispose);
    }

    [Fact]
    public void Ten_thousand_steps_hold_no_more_memory_than_three() => Alone(() =>
    {
        long after = 0;
        Tensor weight = Tensor.Ones(9, 7).Track();
        for (int step = 0; step < 10_000; step++)
        {
            using Scope pass = Scope.Open();
            Tensor loss = Tensor.Filled(0.5f, new(5, 7)).Linear(weight).Tanh().Mean();
            Assert.Equal(63, loss.Gradients(weight)[0].Count);
            if (step == 3) after = Scope.BytesHeld;
        }
        Assert.True(after > 0);
        Assert.Equal(after, Scope.BytesHeld);
        Scope.Trim();
        Assert.Equal(0, Scope.BytesHeld);
    });

    [Fact]
    public void A_piece_of_a_pass_leaves_its_result_and_what_was_told_to_stay()
    {
        using Scope pass = Scope.Open();
        Tensor? middle = null, told = null;
        Tensor result = Scope.Within(() =>
        {
            middle = Tensor.Filled(2, new(3));
            told = (middle * 2).Stay();
            return Scope.Within(() => told + middle);
        });
        Assert.Equal([6, 6, 6], result.Values.ToArray());
        Assert.Equal([4, 4, 4], told!.Values.ToArray());
        Assert.Contains("Call Keep()", Assert.Throws<InvalidOperationException>(() => middle!.Values[0]).Message);
        Assert.Equal([1, 1], Tensor.Ones(2).Values.ToArray());
    }

    [Fact]
    public void A_piece_outside_every_scope_belongs_to_the_garbage_collector() =>
        Assert.Equal([2, 2], Scope.Within(() => Tensor.Ones(2) * 2).Values.ToArray());

    [Fact]
    public void Gradients_of_pieces_are_those_of_the_whole()
    {
        foreach (IBackend backend in Machine.All)
        {
            using IDisposable choice = Machine.Using(backend);
            Tensor x = Tensor.Normal(new(1, "x"), 1, 5, 8).KeepForever().Track(), w = Tensor.Normal(new(2, "w"), 1, 8, 8).KeepForever().Track();
            float[][] Slopes(Func<Func<Tensor>, Tensor> piece)
            {
                using Scope pass = Scope.Open();
                Tensor h = x;
                for (int layer = 0; layer < 3; layer++) h = piece(() => (h.Linear(w, null, Activation.GeluErf) + h).Softmax() * h);
                return [.. (h * h).Sum().Gradients(x, w).Select(g => g.Values.ToArray())];
            }
            Assert.Equal(Slopes(p => p()), Slopes(Scope.Within));
        }
    }

    [Fact]
    public void A_backward_pass_holds_a_few_gradients_at_a_time() => Alone(() =>
    {
        const int count = 1 << 16, steps = 100;
        Tensor x = Tensor.Ones(count).KeepForever().Track();
        using Scope pass = Scope.Open();
        Tensor y = x;
        for (int i = 0; i < steps; i++) y = i == 0 ? y * 0.5f : Scope.Replace(y, Scope.Within(() => y * 0.5f + 1));
        Assert.Equal(count, y.Sum().Gradients(x)[0].Count);
        Assert.InRange(Scope.BytesHeld, 1, 8 * count * sizeof(float));
    });

    [Fact]
    public void Packed_weights_at_rest_follow_every_change()
    {
        foreach (IBackend backend in Machine.All)
            foreach (Precision precision in Enum.GetValues<Precision>())
            {
                if (precision == Precision.Bf16 && backend.Bf16 is null) continue;
                using IDisposable choice = Machine.Using(backend);
                Tensor weight = Tensor.Ones(2, 3).KeepForever(), same = weight.Detach(), x = Tensor.Ones(1, 3).Track();
                Assert.Equal([3, 3], Of(weight).Values.ToArray());
                Assert.Equal([2, 2, 2], Of(same).Sum().Gradients(x)[0].Values.ToArray());
                weight.Change()[0] = 5;
                Assert.Equal([7, 3], Of(weight).Values.ToArray());
                Assert.Equal([7, 3], Of(same).Values.ToArray());
                Assert.Equal([6, 2, 2], Of(same).Sum().Gradients(x)[0].Values.ToArray());

                Tensor Of(Tensor by) => x.Linear(by, precision: precision);
            }
    }

    // on a thread of its own: what a scope holds is counted per thread
    static void Alone(Action body)
    {
        Exception? error = null;
        Thread thread = new(() => error = Record.Exception(body));
        thread.Start();
        thread.Join();
        if (error is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
    }
}
